// A composer on a real committer and registry, over a fake store, clock and
// randomness; and the entries that change what it may issue.
#pragma once

#include <cstdint>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "plugin/adapters/openssl/hasher.h"
#include "plugin/core/issuance/composer.h"
#include "plugin/core/ledger/chain_writer.h"
#include "plugin/core/ledger/committer.h"
#include "plugin/core/ledger/subject_index.h"
#include "plugin/core/registry/drafts.h"
#include "plugin/core/registry/registry.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_ledger_store.h"
#include "tests/support/fake_random.h"
#include "tests/support/note_keys.h"

namespace svidence::testing {

class IssuingHarness {
 public:
  using X509Answer = StatusOr<std::optional<issuance::X509Addition>>;
  using JwtAnswer = StatusOr<std::optional<issuance::JwtAddition>>;

  // An agent of scope 3 with a sponsor who has not signed.
  static registry::Agent SomeAgent(const std::string& name) {
    registry::Agent agent;
    agent.name = name;
    agent.scope = 3;
    agent.trust = {.score = 7000,
                   .as_of = 1795442400,
                   .rule = {.half_life = 86400, .floor = 1000, .hold = 0},
                   .policy = "sha256:" + std::string(64, '5')};
    agent.sponsor = registry::SponsorRecord{
        .ref = "Jx0", .verified = false, .method = "none", .until = std::nullopt};
    return agent;
  }

  static SpiffeId Id(const std::string& path) {
    return *SpiffeId::Parse("spiffe://example.org" + path);
  }

  issuance::Composer& composer() {
    if (composer_ == nullptr) {
      composer_ = std::make_shared<issuance::Composer>(
          issuance::Composer::Ports{committer(), registry, hasher, clock, random}, settings);
    }
    return *composer_;
  }
  std::shared_ptr<issuance::Composer> shared_composer() {
    composer();
    return composer_;
  }
  void DestroyComposer() { composer_.reset(); }

  ledger::Committer& committer() {
    if (committer_ == nullptr) {
      committer_ = std::make_unique<ledger::Committer>(
          ledger::Committer::Ports{store, hasher, clock, registry,
                                   signer != nullptr ? signer : &log.signer()},
          ledger::ChainWriter::Start{.head = {},
                                     .last_at_millis = 0,
                                     .subjects = std::make_unique<ledger::SubjectIndex>(hasher)});
    }
    return *committer_;
  }
  void DestroyCommitter() { committer_.reset(); }

  static issuance::X509Request X509Of(const SpiffeId& id) {
    return {.id = id, .spki_der = "a key"};
  }
  static issuance::JwtRequest JwtOf(const SpiffeId& id) {
    return {.id = id,
            .audience = {"spiffe://example.org/ledger"},
            .issued_at = 1795456800,
            .expires_at = 1795457100};
  }

  // Ask, and wait for the one answer.
  X509Answer X509(const issuance::X509Request& request) {
    std::promise<X509Answer> answer;
    composer().ComposeX509(request, [&](const X509Answer& got) { answer.set_value(got); });
    return answer.get_future().get();
  }
  JwtAnswer Jwt(const issuance::JwtRequest& request) {
    std::promise<JwtAnswer> answer;
    composer().ComposeJwt(request, [&](const JwtAnswer& got) { answer.set_value(got); });
    return answer.get_future().get();
  }

  StatusOr<ledger::AppendResult> Append(StatusOr<ledger::EntryDraft> draft) {
    std::promise<StatusOr<ledger::AppendResult>> answer;
    ledger::AppendRequest request;
    request.make = [draft = std::move(draft)] { return draft; };
    request.done = [&](const StatusOr<ledger::AppendResult>& got) { answer.set_value(got); };
    request.deadline_millis = clock.MonotonicMillis() + 5000;
    request.urgent = true;
    request.ends_batch = true;
    committer().Submit(std::move(request));
    return answer.get_future().get();
  }
  StatusOr<ledger::AppendResult> Register(const std::string& name) {
    return Append(registry::DraftRegistered(SomeAgent(name), "server:a"));
  }
  StatusOr<ledger::AppendResult> Revoke(const SpiffeId& id) {
    return Append(registry::DraftRevoked(id, "", "unspecified", "server:a"));
  }
  StatusOr<ledger::AppendResult> Restore(const SpiffeId& id) {
    return Append(registry::DraftRestored(id, "", "unspecified", "server:a"));
  }

  // What stands in the ledger.
  std::vector<ledger::Entry> Entries() const {
    std::vector<ledger::Entry> entries;
    for (const ledger::StoredEntry& stored : store.All()) {
      entries.push_back(*ledger::ParseEntry(stored.bytes));
    }
    return entries;
  }

  FakeLedgerStore store;
  FakeClock clock;
  FakeRandom random;
  openssl::OpenSslHasher hasher = *openssl::OpenSslHasher::Create();
  NoteKey log{hasher, 7, "example.org/svidence/log"};
  const ledger::CheckpointSigner* signer = nullptr;  // in place of `log`'s
  registry::Registry registry;
  issuance::ComposerSettings settings{.ids = {.trust_domain = "example.org"}, .server_id = "a"};

 private:
  std::unique_ptr<ledger::Committer> committer_;
  std::shared_ptr<issuance::Composer> composer_;
};

}  // namespace svidence::testing
