#include "plugin/core/ledger/log_identity.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plugin/adapters/openssl/hasher.h"
#include "tests/support/fake_random.h"
#include "tests/support/status_matchers.h"

namespace svidence::ledger {
namespace {

using ::svidence::testing::FakeRandom;
using ::svidence::testing::IsOk;
using ::svidence::testing::IsOkAndHolds;
using ::svidence::testing::StatusIs;
using ::testing::HasSubstr;

class LogIdentityTest : public ::testing::Test {
 protected:
  LogIdentity Make() { return NewLogIdentity(hasher_, random_, "example.org", PublicKey{7}); }
  StatusOr<LogIdentity> RoundTrip(const LogIdentity& identity) const {
    SVIDENCE_ASSIGN_OR_RETURN(const std::string bytes,
                              RenderEntry(DraftOpened(identity, "server:a"), {}));
    SVIDENCE_ASSIGN_OR_RETURN(const Entry entry, ParseEntry(bytes));
    return ParseOpened(hasher_, entry);
  }

  openssl::OpenSslHasher hasher_ = *openssl::OpenSslHasher::Create();
  FakeRandom random_;
};

TEST_F(LogIdentityTest, NamesTheLogByTrustDomainAndUuid) {
  const LogIdentity identity = Make();
  EXPECT_EQ(identity.uuid, "00000000-0000-4000-8000-000000000000");
  EXPECT_EQ(identity.origin, "example.org/svidence/00000000-0000-4000-8000-000000000000");
  EXPECT_EQ(identity.trust_domain, "example.org");
  const StatusOr<Vkey> vkey = ParseVkey(hasher_, identity.vkey);
  ASSERT_THAT(vkey, IsOk());
  EXPECT_EQ(vkey->name, identity.origin);
  EXPECT_EQ(vkey->key, PublicKey{7});
  EXPECT_NE(Make().uuid, identity.uuid);
}

TEST_F(LogIdentityTest, IsReadBackFromItsEntry) {
  const LogIdentity identity = Make();
  EXPECT_THAT(RoundTrip(identity), IsOkAndHolds(identity));
}

TEST_F(LogIdentityTest, AnEntryOfAnotherTypeIsNone) {
  Entry entry = *ParseEntry(*RenderEntry(DraftOpened(Make(), "server:a"), {}));
  entry.type = "log.closed";
  EXPECT_THAT(ParseOpened(hasher_, entry), StatusIs(StatusCode::kInvalidArgument));
}

struct Case {
  const char* name;
  void (*spoil)(LogIdentity&);
  const char* says;
};
class BadLogIdentityTest : public ::testing::TestWithParam<Case> {
 protected:
  openssl::OpenSslHasher hasher_ = *openssl::OpenSslHasher::Create();
};

TEST_P(BadLogIdentityTest, IsRefused) {
  FakeRandom random;
  LogIdentity identity = NewLogIdentity(hasher_, random, "example.org", PublicKey{7});
  GetParam().spoil(identity);
  const StatusOr<LogIdentity> read =
      ParseOpened(hasher_, *ParseEntry(*RenderEntry(DraftOpened(identity, "server:a"), {})));
  EXPECT_THAT(read, StatusIs(StatusCode::kInvalidArgument));
  EXPECT_THAT(Message(read.status()), HasSubstr(GetParam().says));
}

INSTANTIATE_TEST_SUITE_P(
    Cases, BadLogIdentityTest,
    ::testing::Values(
        Case{"NoUuid", [](LogIdentity& id) { id.uuid = "7"; }, "UUID"},
        Case{"UpperCaseUuid",
             [](LogIdentity& id) {
               id.uuid[14] = 'A';
               id.uuid[15] = 'F';
             },
             "UUID"},
        Case{"BadTrustDomain", [](LogIdentity& id) { id.trust_domain = "Example.org"; },
             "trust domain"},
        Case{"OriginOfAnotherDomain", [](LogIdentity& id) { id.trust_domain = "example.com"; },
             "origin"},
        Case{"OriginWithPlus", [](LogIdentity& id) { id.origin = "example.org/a+b"; }, "origin"},
        Case{"KeyOfAnotherName", [](LogIdentity& id) { id.origin += "/2"; }, "key"},
        Case{"NoKey", [](LogIdentity& id) { id.vkey = ""; }, "key"}),
    [](const ::testing::TestParamInfo<Case>& test) { return test.param.name; });

TEST_F(LogIdentityTest, NamesAMissingMember) {
  const Entry entry{.type = "log.opened", .members = R"("log":{"uuid":1})"};
  EXPECT_THAT(Message(ParseOpened(hasher_, entry).status()), HasSubstr("\"uuid\""));
  const Entry empty{.type = "log.opened"};
  EXPECT_THAT(Message(ParseOpened(hasher_, empty).status()), HasSubstr("\"log\""));
}

}  // namespace
}  // namespace svidence::ledger
