#include "plugin/core/admin/local_backend.h"

#include <thread>

#include <gtest/gtest.h>

#include "tests/support/admin_harness.h"
#include "tests/support/status_matchers.h"

namespace svidence::admin {
namespace {

using svidence::testing::Admin;
using svidence::testing::IsOk;
using svidence::testing::IsOkAndHolds;
using svidence::testing::Reader;
using svidence::testing::StatusIs;
using ::testing::HasSubstr;

const char* const kBuyer = "spiffe://example.org/agent/buyer/1";

class LocalBackendTest : public ::testing::Test {
 protected:
  LocalBackend Backend() { return harness_.Backend(); }
  Level LevelOf(std::string_view name) {
    const auto report = Backend().GetStatus();
    for (const Check& check : report->checks) {
      if (check.name == name) return check.level;
    }
    ADD_FAILURE() << "no check " << name;
    return Level::kBad;
  }

  svidence::testing::AdminHarness harness_;
};

TEST_F(LocalBackendTest, StatusHasChecksCountersAndTheTrustDomain) {
  const auto report = Backend().GetStatus();
  ASSERT_THAT(report, IsOk());
  EXPECT_EQ(report->state, State::kServing);
  EXPECT_EQ(report->trust_domain, "example.org");
  EXPECT_EQ(report->server_id, "a");
  EXPECT_EQ(report->now_millis, harness_.clock.UnixMillis());
  EXPECT_EQ(LevelOf("ledger"), Level::kOk);
  EXPECT_EQ(LevelOf("revocation"), Level::kOk);
  EXPECT_EQ(LevelOf("clock"), Level::kOk);
  ASSERT_FALSE(report->counters.empty());
  EXPECT_EQ(report->counters.front().name, "ledger_entries");
  EXPECT_EQ(report->counters.front().value, 1U);
}

TEST_F(LocalBackendTest, StatusTellsOfARevocationThatIsNotRecorded) {
  std::jthread worker([this](const std::stop_token& stop) { harness_.revocations->Work(stop); });
  harness_.store.FailWith(ResourceExhausted("disk full"));
  ASSERT_THAT(Backend().Revoke(Admin(), kBuyer, "misbehaviour"), IsOk());
  EXPECT_EQ(LevelOf("revocation"), Level::kBad);
  EXPECT_EQ(LevelOf("ledger"), Level::kBad);
}

TEST_F(LocalBackendTest, StatusIsThereWhenTheLedgerCannotBeRead) {
  harness_.store.FailReadsWith(Unavailable("disk"));
  EXPECT_THAT(Backend().GetStatus(), IsOk());
}

TEST_F(LocalBackendTest, NothingIsChangedByWhoMayOnlyRead) {
  const std::size_t before = harness_.store.All().size();
  Registration wanted;
  wanted.name = "buyer";
  wanted.scope = 1;
  for (const Status& status : {Backend().RegisterAgent(Reader(), wanted).status(),
                               Backend().Revoke(Reader(), kBuyer, "misbehaviour").status(),
                               Backend().Restore(Reader(), kBuyer, "superseded").status()}) {
    EXPECT_THAT(status, StatusIs(StatusCode::kPermissionDenied));
    EXPECT_THAT(Message(status), HasSubstr("admin.sock"));
  }
  EXPECT_EQ(harness_.store.All().size(), before);
  EXPECT_FALSE(harness_.registry.IsRevoked(kBuyer));
}

TEST_F(LocalBackendTest, RevokesWithTheOperatorsPseudonymAndWaitsForSpire) {
  harness_.entries.Add(
      {.id = "e1", .spiffe_id = kBuyer, .parent_id = {}, .selectors = {}, .hint = {}});
  std::jthread worker([this](const std::stop_token& stop) { harness_.revocations->Work(stop); });
  const auto report = Backend().Revoke(Admin(), kBuyer, "key_compromise");
  ASSERT_THAT(report, IsOk());
  EXPECT_TRUE(report->outcome.recorded);
  EXPECT_EQ(report->outcome.index, 1U);
  EXPECT_TRUE(report->deletion.done);
  EXPECT_EQ(report->deletion.deleted, 1U);
  const ledger::Entry entry = harness_.Last();
  EXPECT_EQ(entry.type, "revoked");
  EXPECT_EQ(entry.by, "operator:ref1");
  EXPECT_EQ(entry.agent, "buyer");
  EXPECT_THAT(Backend().Restore(Admin(), kBuyer, "superseded"), IsOkAndHolds(2U));
  EXPECT_EQ(harness_.Last().type, "restored");
}

TEST_F(LocalBackendTest, ABrokenTableOfNamesKeepsNobodyFromRevoking) {
  std::jthread worker([this](const std::stop_token& stop) { harness_.revocations->Work(stop); });
  harness_.sponsors.FailWith(Unavailable("locked"));
  ASSERT_THAT(Backend().Revoke(Admin(), kBuyer, "misbehaviour"), IsOk());
  EXPECT_EQ(harness_.Last().by, "server:a");
}

TEST_F(LocalBackendTest, APreviewShowsEntriesOrWhySpireDoesNotAnswer) {
  harness_.entries.Add(
      {.id = "e1", .spiffe_id = kBuyer, .parent_id = {}, .selectors = {}, .hint = {}});
  auto preview = Backend().PreviewRevoke(kBuyer);
  ASSERT_THAT(preview, IsOk());
  EXPECT_EQ(preview->agent, "buyer");
  EXPECT_FALSE(preview->registered);
  EXPECT_FALSE(preview->revoked);
  EXPECT_EQ(preview->entries.size(), 1U);
  harness_.entries.FailWith(Unavailable("no socket"));
  harness_.registry.DenyNow(kBuyer);
  preview = Backend().PreviewRevoke(kBuyer);
  ASSERT_THAT(preview, IsOk());
  EXPECT_EQ(preview->spire_trouble, "no socket");
  EXPECT_TRUE(preview->revoked);
}

TEST_F(LocalBackendTest, RefusesWhatIsNoSpiffeIdOrNoAgent) {
  for (const char* id : {"", "buyer", "spiffe://example.org/spire/server"}) {
    EXPECT_THAT(Backend().PreviewRevoke(id), StatusIs(StatusCode::kInvalidArgument)) << id;
    EXPECT_THAT(Backend().Revoke(Admin(), id, "misbehaviour"),
                StatusIs(StatusCode::kInvalidArgument));
    EXPECT_THAT(Backend().Restore(Admin(), id, "superseded"),
                StatusIs(StatusCode::kInvalidArgument));
  }
}

TEST_F(LocalBackendTest, ReadsAndVerifiesTheLedger) {
  EXPECT_EQ(Backend().Info()->directory, "/var/lib/svidence");
  EXPECT_EQ(Backend().List({})->entries.size(), 1U);
  EXPECT_THAT(Backend().Get(0), IsOk());
  EXPECT_THAT(Backend().Export(0, [](const std::vector<std::string>&) { return OkStatus(); }),
              IsOk());
  EXPECT_TRUE(Backend().Verify([](std::uint64_t, std::uint64_t) { return OkStatus(); })->intact);
}

}  // namespace
}  // namespace svidence::admin
