// Prints what a start takes, in time and memory:
//
//   start_figures make DIR ENTRIES SUBJECTS   writes a ledger and its derived state
//   start_figures open DIR                    starts on it, once
//   start_figures read DIR                    the same without derived state
//
// A process each, so that the memory is that of a start alone.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include <sys/resource.h>

#include "plugin/adapters/linux/mark_file.h"
#include "plugin/adapters/linux/system_clock.h"
#include "plugin/adapters/linux/system_random.h"
#include "plugin/adapters/sqlite/derived_store.h"
#include "plugin/adapters/sqlite/ledger_store.h"
#include "plugin/core/ledger/batch_seal.h"
#include "plugin/core/ledger/derived/derived_keeper.h"
#include "plugin/core/ledger/open.h"
#include "plugin/core/registry/registry.h"
#include "tests/support/note_keys.h"

namespace svidence {
namespace {

using Steady = std::chrono::steady_clock;

// Or the program ends, saying why.
template <typename T>
T Must(StatusOr<T> value) {
  if (value.ok()) return *std::move(value);
  std::fprintf(stderr, "%s\n", Message(value.status()).c_str());
  std::exit(1);
}
void Must(const Status& status) { Must(status.ok() ? StatusOr<int>(0) : StatusOr<int>(status)); }

void Print(const char* what, std::uint64_t entries, Steady::time_point since) {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const double seconds = std::chrono::duration<double>(Steady::now() - since).count();
  std::printf("%-28s entries=%llu seconds=%.3f peak_rss_mb=%.1f\n", what,
              static_cast<unsigned long long>(entries), seconds,
              static_cast<double>(usage.ru_maxrss) / 1024);
}

struct Site {
  explicit Site(std::string dir)
      : path(std::move(dir)),
        mark(path + "/mark"),
        store(Must(sqlite::LedgerStore::Open(path + "/" + sqlite::kLedgerFile))),
        derived(Must(sqlite::DerivedStore::Open(path + "/" + sqlite::kDerivedFile, hasher))) {}

  ledger::OpenedLedger Open(registry::Registry& registry, bool quick) {
    return Must(ledger::OpenLedger({.store = *store,
                                    .marks = mark,
                                    .hasher = hasher,
                                    .clock = clock,
                                    .random = random,
                                    .verifier = &verifier,
                                    .derived = quick ? derived.get() : nullptr},
                                   {.trust_domain = "example.org",
                                    .by = "server:a",
                                    .log_key = testing::KeyOfSeed(1).public_key()},
                                   registry));
  }

  std::string path;
  openssl::OpenSslHasher hasher = Must(openssl::OpenSslHasher::Create());
  openssl::OpenSslEd25519Verifier verifier;
  linux_os::SystemClock clock;
  linux_os::SystemRandom random;
  linux_os::MarkFile mark;
  std::unique_ptr<sqlite::LedgerStore> store;
  std::unique_ptr<sqlite::DerivedStore> derived;
};

// As long as an X.509 issuance's, in words of no meaning.
ledger::EntryDraft Draft(std::uint64_t number, std::uint64_t subjects) {
  const std::string subject = std::to_string(number * 2654435761U % subjects);
  return {.type = number % 100 == 0 ? "alert.raised" : "issue.x509",
          .by = "server:a",
          .subject = "spiffe://example.org/agent/buyer/" + subject,
          .agent = "buyer",
          .members = "\"spki\":\"sha256:" + std::string(64, 'a') + "\",\"note\":\"" +
                     std::string(120, 'b') + '"'};
}

void Make(Site& site, std::uint64_t entries, std::uint64_t subjects) {
  registry::Registry registry;
  ledger::OpenedLedger opened = site.Open(registry, /*quick=*/false);
  const testing::NoteKey key(site.hasher, 1, opened.identity.origin);
  ledger::ChainWriter writer(site.hasher, std::move(opened.start));
  const Steady::time_point began = Steady::now();
  while (writer.head().size < entries) {
    writer.Begin();
    const std::uint64_t count =
        std::min<std::uint64_t>(ledger::kMaxBatchLeaves, entries - writer.head().size);
    for (std::uint64_t i = 0; i < count; ++i) {
      Must(writer.Add(Draft(writer.next_head().size, subjects), site.clock.UnixMillis()));
    }
    Must(site.store->Append(writer.head(), writer.entries()));
    writer.Adopt();
  }
  Print("writing the ledger", entries, began);
  const std::string checkpoint =
      Must(ledger::SignTree(key.signer(), entries, writer.tree().Root(site.hasher)));
  Must(site.mark.Write(FormatMark(MarkOf(opened.identity, writer.head(), checkpoint))));
  const Steady::time_point derived = Steady::now();
  const ledger::DerivedKeeper keeper({.ledger = *site.store,
                                      .derived = *site.derived,
                                      .hasher = site.hasher,
                                      .log = key.signer(),
                                      .durable_head = [&writer] { return writer.head(); }},
                                     opened.identity.uuid, nullptr);
  while (keeper.covered() < entries && keeper.trouble().empty()) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  Print("deriving its state", keeper.covered(), derived);
}

void Start(Site& site, bool quick) {
  registry::Registry registry;
  const Steady::time_point began = Steady::now();
  const ledger::OpenedLedger opened = site.Open(registry, quick);
  Print(opened.quick ? "a quick start" : "a start that reads all", opened.start.head.size, began);
}

int Run(int argc, char** argv) {
  const std::string_view what = argc > 1 ? argv[1] : "";
  if ((what == "open" || what == "read") && argc == 3) {
    Site site(argv[2]);
    Start(site, what == "open");
    return 0;
  }
  if (what == "make" && argc == 5) {
    Site site(argv[2]);
    Make(site, std::strtoull(argv[3], nullptr, 10), std::strtoull(argv[4], nullptr, 10));
    return 0;
  }
  std::fprintf(stderr, "usage: start_figures make DIR ENTRIES SUBJECTS | open DIR | read DIR\n");
  return 2;
}

}  // namespace
}  // namespace svidence

int main(int argc, char** argv) { return svidence::Run(argc, argv); }
