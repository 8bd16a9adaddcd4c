// A log of issuances and state entries in turn, with its key, for tests of what is
// derived from it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "attestors/base/spiffe_id.h"
#include "plugin/core/ledger/batch_seal.h"
#include "plugin/core/ledger/chain_writer.h"
#include "plugin/core/ledger/derived/derived_writer.h"
#include "plugin/core/ledger/high_water.h"
#include "plugin/core/ledger/log_identity.h"
#include "plugin/core/ledger/open.h"
#include "plugin/core/registry/drafts.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_derived_store.h"
#include "tests/support/fake_ledger_store.h"
#include "tests/support/fake_mark_store.h"
#include "tests/support/fake_random.h"
#include "tests/support/note_keys.h"

namespace svidence::testing {

class DerivedLog {
 public:
  explicit DerivedLog(std::uint64_t seed = 1) : random_(seed) {}

  // Appends `count` entries: one in `state_in` is about an agent or a revocation.
  void Grow(std::size_t count, std::uint64_t state_in = 4) {
    while (count > 0) {
      writer_.Begin();
      const std::size_t batch = std::min<std::size_t>(count, 1000);
      for (std::size_t i = 0; i < batch; ++i) Add(state_in);
      if (!store.Append(writer_.head(), writer_.entries()).ok()) std::abort();
      writer_.Adopt();
      count -= batch;
    }
  }
  // Like the keeper, but at once.
  void Derive() {
    ledger::DerivedWriter writer(derived, hasher, identity.uuid);
    if (!writer.Restart().ok()) std::abort();
    for (const ledger::StoredEntry& entry : store.All()) {
      if (writer.full() && !writer.Flush(nullptr).ok()) std::abort();
      if (!writer.Add(*ledger::ScanEntry(entry.bytes), entry.leaf).ok()) std::abort();
    }
    if (!writer.Flush(&key.signer()).ok()) std::abort();
  }
  // A mark of the ledger as it is now, with its checkpoint.
  void Mark() { marks.Set(FormatMark(MarkOf(identity, head(), Checkpoint()))); }

  std::string Checkpoint() const {
    return *ledger::SignTree(key.signer(), head().size, writer_.tree().Root(hasher));
  }
  const ledger::Head& head() const { return writer_.head(); }
  const ledger::CompactRange& tree() const { return writer_.tree(); }
  ledger::OpenPorts Ports() {
    return {.store = store,
            .marks = marks,
            .hasher = hasher,
            .clock = clock,
            .random = fake_random,
            .verifier = &verifier,
            .derived = &derived};
  }
  ledger::OpenSettings Settings() const {
    return {.trust_domain = "example.org",
            .by = "server:a",
            .log_key = key.vkey().key,
            .progress = {},
            .min_quick_entries = 1};
  }

  openssl::OpenSslHasher hasher = *openssl::OpenSslHasher::Create();
  openssl::OpenSslEd25519Verifier verifier;
  FakeClock clock;
  FakeRandom fake_random;
  FakeLedgerStore store;
  FakeMarkStore marks;
  FakeDerivedStore derived;
  ledger::LogIdentity identity =
      ledger::NewLogIdentity(hasher, fake_random, "example.org", KeyOfSeed(1).public_key());
  NoteKey key{hasher, 1, identity.origin};

 private:
  std::uint64_t Next(std::uint64_t below) {
    random_ = random_ * 6364136223846793005U + 1442695040888963407U;
    return (random_ >> 33U) % below;
  }

  ledger::EntryDraft Draft(std::uint64_t state_in) {
    if (writer_.next_head().size == 0) return ledger::DraftOpened(identity, "server:a");
    const std::string name = "buyer" + std::to_string(Next(5));
    const std::string id = "spiffe://example.org/agent/" + name + "/" + std::to_string(Next(20));
    if (Next(state_in) != 0) {
      return {.type = "issue.x509", .by = "server:a", .subject = id, .agent = name};
    }
    registry::Agent agent;
    agent.name = name;
    agent.scope = static_cast<int>(1 + Next(4));
    agent.trust = {.score = 7000,
                   .as_of = 1795442400,
                   .rule = {.half_life = 86400, .floor = 1000, .hold = 0},
                   .policy = "sha256:" + std::string(64, '5')};
    agent.sponsor =
        registry::SponsorRecord{.ref = "Jx0", .verified = false, .method = "none", .until = {}};
    switch (Next(5)) {
      case 0:
        return *DraftRegistered(agent, "server:a");
      case 1:
        return *DraftChanged(agent, "server:a");
      case 2:
        return *registry::DraftRevoked(*SpiffeId::Parse(id), "", "unspecified", "server:a");
      case 3:
        return *registry::DraftRestored(*SpiffeId::Parse(id), "", "unspecified", "server:a");
      default:
        return {.type = "of.a.later.version", .by = "server:a", .subject = id};
    }
  }
  void Add(std::uint64_t state_in) {
    at_ += 1000;
    if (!writer_.Add(Draft(state_in), at_).ok()) std::abort();
  }

  std::uint64_t random_;
  std::int64_t at_ = 1'767'225'600'000;
  ledger::ChainWriter writer_{hasher,
                              {.head = {},
                               .last_at_millis = 0,
                               .subjects = std::make_unique<ledger::SubjectIndex>(hasher)}};
};

}  // namespace svidence::testing
