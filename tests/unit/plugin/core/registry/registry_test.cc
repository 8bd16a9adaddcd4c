#include "plugin/core/registry/registry.h"

#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plugin/core/registry/drafts.h"
#include "tests/support/status_matchers.h"

namespace svidence::registry {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const std::string kId = "spiffe://example.org/agent/buyer/1";

// An entry as the committer hands it over: its draft, and a place.
ledger::Entry EntryOf(const ledger::EntryDraft& draft, ledger::EntryIndex index) {
  ledger::Entry entry;
  entry.place.index = index;
  entry.type = draft.type;
  entry.by = draft.by;
  entry.subject = draft.subject;
  entry.agent = draft.agent;
  entry.members = draft.members;
  EXPECT_THAT(ledger::ParseMembers(entry), testing::IsOk());
  return entry;
}

Agent Named(const std::string& name, int scope) {
  Agent agent;
  agent.name = name;
  agent.scope = scope;
  agent.trust = {.score = 7000,
                 .as_of = 1795442400,
                 .rule = {.half_life = 86400, .floor = 1000, .hold = 0},
                 .policy = "sha256:" + std::string(64, '5')};
  agent.sponsor = SponsorRecord{.ref = "Jx0", .verified = false, .method = "none", .until = {}};
  return agent;
}

ledger::EntryDraft Registered(const std::string& name, int scope) {
  return *DraftRegistered(Named(name, scope), "server:a");
}
ledger::EntryDraft Changed(const std::string& name, int scope) {
  return *DraftChanged(Named(name, scope), "server:a");
}
ledger::EntryDraft Revoked(const std::string& id) {
  return *DraftRevoked(*SpiffeId::Parse(id), "", "unspecified", "server:a");
}
ledger::EntryDraft Restored(const std::string& id) {
  return *DraftRestored(*SpiffeId::Parse(id), "", "unspecified", "server:a");
}

class RegistryTest : public ::testing::Test {
 protected:
  void Commit(const ledger::EntryDraft& draft) { registry_.OnCommitted(EntryOf(draft, next_++)); }

  Registry registry_;
  ledger::EntryIndex next_ = 7;
};

TEST_F(RegistryTest, FindsAnAgentAsItWasRegistered) {
  Commit(Registered("buyer", 3));
  const std::shared_ptr<const Agent> agent = registry_.Find("buyer");
  ASSERT_NE(agent, nullptr);
  EXPECT_EQ(agent->name, "buyer");
  EXPECT_EQ(agent->scope, 3);
  EXPECT_EQ(agent->trust, Named("buyer", 3).trust);
  EXPECT_EQ(agent->sponsor, Named("buyer", 3).sponsor);
  EXPECT_EQ(agent->registered_in, 7U);
  EXPECT_EQ(registry_.Find("seller"), nullptr);
}

TEST_F(RegistryTest, TakesAChangeAndKeepsWhereTheAgentWasRegistered) {
  Commit(Registered("buyer", 3));
  const std::shared_ptr<const Agent> before = registry_.Find("buyer");
  Commit(Changed("buyer", 2));
  EXPECT_EQ(registry_.Find("buyer")->scope, 2);
  EXPECT_EQ(registry_.Find("buyer")->registered_in, 7U);
  EXPECT_EQ(before->scope, 3) << "a snapshot changed";
}

TEST_F(RegistryTest, ListsAgentsByName) {
  EXPECT_THAT(registry_.List(), IsEmpty());
  for (const char* name : {"seller", "buyer", "clerk"}) Commit(Registered(name, 1));
  std::vector<std::string> names;
  for (const auto& agent : registry_.List()) names.push_back(agent->name);
  EXPECT_THAT(names, ElementsAre("buyer", "clerk", "seller"));
}

TEST_F(RegistryTest, DeniesARevokedIdentityUntilItIsRestored) {
  EXPECT_FALSE(registry_.IsRevoked(kId));
  Commit(Revoked(kId));
  EXPECT_TRUE(registry_.IsRevoked(kId));
  EXPECT_EQ(registry_.RevokedIn(kId), 7U);
  EXPECT_FALSE(registry_.IsRevoked(kId + "0")) << "another ID was revoked too";
  Commit(Restored(kId));
  EXPECT_FALSE(registry_.IsRevoked(kId));
  EXPECT_EQ(registry_.RevokedIn(kId), std::nullopt);
}

TEST_F(RegistryTest, DeniesAtOnceBeforeTheLedgerKnows) {
  registry_.DenyNow(kId);
  EXPECT_TRUE(registry_.IsRevoked(kId));
  EXPECT_EQ(registry_.RevokedIn(kId), std::nullopt);
  Commit(Revoked(kId));
  registry_.DenyNow(kId);
  EXPECT_EQ(registry_.RevokedIn(kId), 7U);
}

TEST_F(RegistryTest, ListsRevokedIdentitiesInOrder) {
  Commit(Revoked("spiffe://example.org/agent/b"));
  registry_.DenyNow("spiffe://example.org/agent/a");
  EXPECT_THAT(registry_.ListRevoked(),
              ElementsAre("spiffe://example.org/agent/a", "spiffe://example.org/agent/b"));
}

TEST_F(RegistryTest, IgnoresEntriesThatDoNotConcernIt) {
  ledger::EntryDraft draft = Revoked(kId);
  draft.type = "issue.x509";
  Commit(draft);
  EXPECT_FALSE(registry_.IsRevoked(kId));
  EXPECT_EQ(registry_.NotUnderstood(), 0U);
}

TEST_F(RegistryTest, CountsAContradictionAndChangesNothing) {
  Commit(Changed("buyer", 1));
  EXPECT_EQ(registry_.Find("buyer"), nullptr);
  EXPECT_EQ(registry_.NotUnderstood(), 1U);
  Commit(Registered("buyer", 1));
  Commit(Registered("buyer", 2));
  EXPECT_EQ(registry_.Find("buyer")->scope, 1);
  EXPECT_EQ(registry_.NotUnderstood(), 2U);
  Commit(Restored(kId));
  EXPECT_EQ(registry_.NotUnderstood(), 3U);
}

TEST_F(RegistryTest, CountsAnEntryThatItCannotUnderstandAndChangesNothing) {
  const auto with = [this](void (*spoil)(ledger::EntryDraft&)) {
    ledger::EntryDraft draft = Registered("buyer", 1);
    spoil(draft);
    Commit(draft);
  };
  with([](ledger::EntryDraft& draft) { draft.subject = "agent:seller"; });
  with([](ledger::EntryDraft& draft) { draft.agent = draft.subject = "Buyer"; });
  with([](ledger::EntryDraft& draft) { draft.members.clear(); });
  with([](ledger::EntryDraft& draft) { draft.members = R"("scope":1)"; });
  with([](ledger::EntryDraft& draft) { draft.members.resize(draft.members.find(",\"sponsor\"")); });
  with([](ledger::EntryDraft& draft) {
    draft.members =
        R"("scope":1,"trust":{"score":0,"as_of":null,"half_life":null,"floor":null,"hold":null,)"
        R"("policy":null},"sponsor":null)";
  });
  EXPECT_EQ(registry_.Find("buyer"), nullptr);
  EXPECT_EQ(registry_.NotUnderstood(), 6U);
}

TEST_F(RegistryTest, DeniesForAReasonThatItDoesNotKnowButDoesNotRestoreForOne) {
  ledger::EntryDraft revoked = Revoked(kId);
  revoked.members = R"("reason":"of another time")";
  Commit(revoked);
  EXPECT_TRUE(registry_.IsRevoked(kId));
  ledger::EntryDraft restored = Restored(kId);
  restored.members = R"("reason":"of another time")";
  Commit(restored);
  restored.members.clear();
  Commit(restored);
  EXPECT_TRUE(registry_.IsRevoked(kId));
  EXPECT_EQ(registry_.NotUnderstood(), 2U);
}

TEST_F(RegistryTest, RefusesToRevokeWhatIsNoSpiffeId) {
  ledger::EntryDraft draft = Revoked(kId);
  draft.subject = "agent:buyer";
  Commit(draft);
  EXPECT_THAT(registry_.ListRevoked(), IsEmpty());
  EXPECT_EQ(registry_.NotUnderstood(), 1U);
}

// For TSan: one thread folds, others look.
TEST_F(RegistryTest, MayBeReadWhileItFolds) {
  constexpr int kRounds = 500;
  std::vector<std::jthread> readers;
  readers.reserve(3);
  for (int i = 0; i < 3; ++i) {
    readers.emplace_back([this] {
      for (int round = 0; round < kRounds; ++round) {
        (void)registry_.IsRevoked(kId);  // only the race matters here
        (void)registry_.List();
        const std::shared_ptr<const Agent> agent = registry_.Find("buyer");
        EXPECT_TRUE(agent == nullptr || agent->name == "buyer");
      }
    });
  }
  Commit(Registered("buyer", 1));
  for (int round = 0; round < kRounds; ++round) {
    Commit(Changed("buyer", 1 + round % 4));
    Commit(Revoked(kId));
    Commit(Restored(kId));
  }
  readers.clear();
  EXPECT_EQ(registry_.NotUnderstood(), 0U);
}

TEST_F(RegistryTest, KnowsWhoWasErasedForEver) {
  EXPECT_FALSE(registry_.IsErased("Jx0"));
  registry_.OnCommitted(EntryOf(*DraftErased("Jx0", "request", "server:a"), 7));
  registry_.OnCommitted(EntryOf(*DraftErased("Ab1", "retention", "server:a"), 8));
  registry_.OnCommitted(EntryOf(*DraftErased("Jx0", "request", "server:a"), 9));
  EXPECT_EQ(registry_.ErasedIn("Jx0"), 7U);
  EXPECT_THAT(registry_.ListErased(), ElementsAre("Ab1", "Jx0"));
  EXPECT_EQ(registry_.NotUnderstood(), 0U);
  ledger::EntryDraft other = *DraftErased("Jx0", "request", "server:a");
  other.subject = "agent:buyer";
  registry_.OnCommitted(EntryOf(other, 10));
  EXPECT_EQ(registry_.NotUnderstood(), 1U);
}

}  // namespace
}  // namespace svidence::registry
