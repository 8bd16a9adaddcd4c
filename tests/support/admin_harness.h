// A server that serves, as administration sees it: real committer, registry and
// revocations over fakes.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "plugin/core/admin/local_backend.h"
#include "plugin/core/ledger/open.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_entry_directory.h"
#include "tests/support/fake_hasher.h"
#include "tests/support/fake_ledger_store.h"
#include "tests/support/fake_mark_store.h"
#include "tests/support/fake_random.h"
#include "tests/support/fake_revocation_ports.h"
#include "tests/support/fake_sponsor_directory.h"

namespace svidence::testing {

class AdminHarness {
 public:
  AdminHarness() {
    StatusOr<ledger::OpenedLedger> opened = ledger::OpenLedger(
        {store, marks, hasher, clock, random},
        {.trust_domain = "example.org", .by = "server:a", .log_key = {7}, .progress = {}},
        registry);
    committer = std::make_unique<ledger::Committer>(
        ledger::Committer::Ports{store, hasher, clock, registry, nullptr},
        std::move(opened->start));
    appender = std::make_unique<revocation::CommitterLedger>(*committer);
    revocations =
        *revocation::Revocations::Open({*appender, registry, entries, spool, clock},
                                       {.trust_domain = "example.org", .ledger_wait_millis = 2000});
    settings.server_id = "a";
    settings.ledger_dir = "/var/lib/svidence";
    settings.allow_unsigned = true;
  }

  admin::LocalBackend Backend() {
    return {{.store = store,
             .committer = *committer,
             .marks = marks,
             .registry = registry,
             .revocations = *revocations,
             .directory = sponsors,
             .hasher = hasher,
             .clock = clock},
            settings};
  }
  // The newest entry.
  ledger::Entry Last() const { return *ledger::ParseEntry(store.All().back().bytes); }

  FakeLedgerStore store;
  FakeMarkStore marks;
  FakeHasher hasher;
  FakeClock clock;
  FakeRandom random;
  FakeEntryDirectory entries;
  FakeSpool spool;
  FakeSponsorDirectory sponsors;
  registry::Registry registry;
  std::unique_ptr<ledger::Committer> committer;
  std::unique_ptr<revocation::CommitterLedger> appender;
  std::unique_ptr<revocation::Revocations> revocations;
  admin::Settings settings;
};

inline admin::Caller Admin() {
  return {.pid = 7, .uid = 1000, .gid = 1000, .user = "alice", .may_write = true};
}
inline admin::Caller Reader() {
  return {.pid = 8, .uid = 1001, .gid = 1001, .user = "bob", .may_write = false};
}

}  // namespace svidence::testing
