// A log with keys to change between.
#pragma once

#include <string>
#include <utility>

#include "plugin/core/ledger/key_schedule.h"
#include "plugin/core/ledger/log_signer.h"
#include "tests/support/note_keys.h"
#include "tests/support/opened_ledger.h"

namespace svidence::testing {

class KeyChanges {
 public:
  static constexpr const char* kOrigin =
      "example.org/svidence/00000000-0000-4000-8000-000000000000";

  explicit KeyChanges(const Hasher& hasher) : hasher_(hasher) {}

  NoteKey Key(std::uint8_t seed) const { return {hasher_, seed, kOrigin}; }
  // The log that began with key 1.
  ledger::LogIdentity Identity() const {
    FakeRandom random;
    return ledger::NewLogIdentity(hasher_, random, "example.org", Key(1).vkey().key);
  }
  ledger::KeySchedule Schedule() const { return *ledger::KeySchedule::Begin(hasher_, Identity()); }
  ledger::EntryDraft Change(std::uint8_t from, std::uint8_t to) const {
    const NoteKey old_key = Key(from);
    const NoteKey new_key = Key(to);
    return *ledger::DraftKeyChanged(
        hasher_, {.from = old_key.vkey(), .to = new_key.vkey(), .reason = "scheduled"},
        old_key.signer(), new_key.signer(), "operator:Jx0");
  }
  static ledger::Entry At(ledger::EntryIndex index, ledger::EntryDraft draft) {
    return {.place = {.index = index},
            .type = std::move(draft.type),
            .by = std::move(draft.by),
            .subject = std::move(draft.subject),
            .agent = {},
            .members = std::move(draft.members)};
  }
  ledger::OwnKey Own(std::uint8_t seed) const {
    const auto key = std::make_shared<NoteKey>(hasher_, seed, kOrigin);
    return {.vkey = key->vkey(),
            .signer = std::shared_ptr<const ledger::NoteSigner>(key, &key->signer())};
  }
  // `count` entries; the one at `change` goes over from key 1 to key 2.
  std::vector<ledger::StoredEntry> Chain(std::size_t count, std::size_t change) const {
    return WriteChain(hasher_, count, kOpenedAt, [&](std::size_t i) {
      if (i == 0) return ledger::DraftOpened(Identity(), "server:a");
      return i == change ? Change(1, 2) : SampleDraft("spiffe://example.org/agent/buyer/1");
    });
  }

 private:
  const Hasher& hasher_;
};

}  // namespace svidence::testing
