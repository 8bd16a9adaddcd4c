#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plugin/core/ledger/note/policy.h"
#include "tests/support/fake_hasher.h"
#include "tests/support/golden.h"
#include "tests/support/note_log.h"
#include "tests/support/status_matchers.h"

namespace svidence::ledger {
namespace {

using ::svidence::testing::FakeHasher;
using ::svidence::testing::NoteLog;
using ::svidence::testing::ReadGolden;
using ::svidence::testing::StatusIs;
using ::testing::HasSubstr;
using ::testing::StartsWith;

// Keys of which only the name and the number matter.
std::string LogKey(unsigned number, std::string_view name = "log") {
  Vkey vkey{.name = std::string(name), .key = {}, .type = KeyType::kEd25519};
  vkey.key[0] = static_cast<std::uint8_t>(number & 0xffU);
  vkey.key[1] = static_cast<std::uint8_t>(number >> 8U);
  return FormatVkey(FakeHasher(), vkey);
}
std::string WitnessKey(unsigned number, std::string_view name = "w") {
  Vkey vkey{.name = std::string(name), .key = {}, .type = KeyType::kCosignature};
  vkey.key[0] = static_cast<std::uint8_t>(number & 0xffU);
  vkey.key[1] = static_cast<std::uint8_t>(number >> 8U);
  vkey.key[2] = 1;  // none of a log
  return FormatVkey(FakeHasher(), vkey);
}
std::string Witness(unsigned number) {
  return "witness w" + std::to_string(number) + ' ' + WitnessKey(number) + '\n';
}

StatusOr<Policy> Parse(std::string_view text) { return Policy::Parse(FakeHasher(), text); }

TEST(PolicyParserTest, ReadsAllThatMayStandInAPolicy) {
  const StatusOr<Policy> policy =
      Parse("# a comment, \xc3\xa4 and \xff\n\n \t \n\t # another\n  log\t" + LogKey(1) +
            "  https://log.example/ \nlog " + LogKey(2) + "\nwitness \xff " + WitnessKey(1) +
            " https://w.example/\xc3\xa4\n" + Witness(2) + "group # any \xff w2\nquorum #\n" +
            Witness(3));
  ASSERT_TRUE(policy.ok()) << policy.status();
  ASSERT_EQ(policy->log_count(), 2U);
  ASSERT_EQ(policy->keys().size(), 5U);
  EXPECT_EQ(FormatVkey(FakeHasher(), policy->keys()[0].vkey), LogKey(1));
  EXPECT_EQ(policy->keys()[0].id, KeyId(FakeHasher(), policy->keys()[0].vkey));
  EXPECT_EQ(policy->log_urls()[0], "https://log.example/");
  EXPECT_EQ(policy->log_urls()[1], "");
  ASSERT_EQ(policy->witnesses().size(), 3U);
  EXPECT_EQ(policy->witnesses()[0].name, "\xff");
  EXPECT_EQ(policy->witnesses()[0].url, "https://w.example/\xc3\xa4");
  EXPECT_EQ(FormatVkey(FakeHasher(), policy->witness_key(2).vkey), WitnessKey(3));
  EXPECT_TRUE(policy->wants_witnesses());
}

TEST(PolicyParserTest, NeedsOnlyAQuorum) {
  const StatusOr<Policy> policy = Parse("quorum none\n");
  ASSERT_TRUE(policy.ok()) << policy.status();
  EXPECT_EQ(policy->log_count(), 0U);
  EXPECT_FALSE(policy->wants_witnesses());
}

TEST(PolicyParserTest, ReadsAPolicyOfAnotherImplementationsKeys) {
  const StatusOr<Policy> policy =
      Policy::Parse(*openssl::OpenSslHasher::Create(), ReadGolden("ledger/note/go.policy"));
  ASSERT_TRUE(policy.ok()) << policy.status();
  EXPECT_EQ(policy->witnesses().size(), 3U);
}

struct Case {
  const char* name;
  std::string text;
  std::string error;
};
class BadPolicyTest : public ::testing::TestWithParam<Case> {};

TEST_P(BadPolicyTest, IsRefusedWithItsLine) {
  const StatusOr<Policy> policy = Parse(GetParam().text);
  EXPECT_THAT(policy, StatusIs(StatusCode::kInvalidArgument));
  EXPECT_THAT(Message(policy.status()), StartsWith(GetParam().error));
}

const std::string kW12 = Witness(1) + Witness(2);
constexpr std::string_view kEnd = "quorum none\n";

INSTANTIATE_TEST_SUITE_P(
    Cases, BadPolicyTest,
    ::testing::Values(
        Case{"Empty", "", "a policy must have a quorum line"},
        Case{"NoQuorum", kW12, "a policy must have a quorum line"},
        Case{"TwoQuorums", kW12 + "quorum w1\nquorum w1\n",
             "policy line 4: there must be one quorum line"},
        Case{"TwoQuorumsOfNone", "quorum none\nquorum none\n", "policy line 2: there must be one"},
        Case{"QuorumOfNothing", "quorum\n", "policy line 1: want: quorum"},
        Case{"QuorumOfTwo", kW12 + "quorum w1 w2\n", "policy line 3: want: quorum"},
        Case{"QuorumUndefined", kW12 + "quorum w3\n",
             "policy line 3: a name must be defined on a line before its use, got \"w3\""},
        Case{"QuorumDefinedLater", "quorum w1\n" + kW12, "policy line 1: a name must be defined"},
        Case{"OtherCase", kW12 + "quorum W1\n", "policy line 3: a name must be defined"},
        Case{"NoLastLineFeed", "quorum none", "policy line 1: the last line must end"},
        Case{"CarriageReturn", "quorum none\r\n", "policy line 1: there must be no control"},
        Case{"CarriageReturnInComment", "\n# x\r\nquorum none\n",
             "policy line 2: there must be no"},
        Case{"Nul", std::string("quorum none\0\n", 13), "policy line 1: there must be no control"},
        Case{"Delete", "# \x7f\nquorum none\n", "policy line 1: there must be no control"},
        Case{"FormFeed", "quorum\fnone\n", "policy line 1: there must be no control"},
        Case{"ByteOrderMark",
             "\xef\xbb\xbf"
             "quorum none\n",
             "policy line 1: a line must begin"},
        Case{"NoBreakSpace", "quorum\xc2\xa0none\n", "policy line 1: a line must begin"},
        Case{"UnknownKeyword", "threshold 1\n", "policy line 1: a line must begin"},
        Case{"KeywordInCapitals", "QUORUM none\n", "policy line 1: a line must begin"},
        Case{"CommentBehind", "quorum none # all\n", "policy line 1: want: quorum"},
        Case{"LogWithoutKey", "log\nquorum none\n", "policy line 1: want: log"},
        Case{"LogWithName", "log x " + LogKey(1) + " url\nquorum none\n",
             "policy line 1: want: log"},
        Case{"LogWithAWitnessKey", "log " + WitnessKey(1) + "\nquorum none\n",
             "policy line 1: a log's key must be of type 1"},
        Case{"WitnessWithALogKey", "witness w1 " + LogKey(1) + "\nquorum none\n",
             "policy line 1: a witness's key must be of type 4"},
        Case{"WitnessWithoutName", "witness " + WitnessKey(1) + "\nquorum none\n",
             "policy line 1: want: witness"},
        Case{"WitnessWithTwoUrls", "witness w " + WitnessKey(1) + " a b\nquorum none\n",
             "policy line 1: want: witness"},
        Case{"KeyWithAWrongId", "log log+00000000+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k\n",
             "policy line 1: the hash in a log's key"},
        Case{"NoKey", "log log\n", "policy line 1: a log's key must have the form"},
        Case{"LogTwice", "log " + LogKey(1) + "\nlog " + LogKey(1) + "\n",
             "policy line 2: a public key must stand in one line only"},
        Case{"LogTwiceUnderAnotherName", "log " + LogKey(1) + "\nlog " + LogKey(1, "x") + "\n",
             "policy line 2: a public key must stand in one line only"},
        Case{"WitnessTwiceUnderAnotherName",
             "witness w1 " + WitnessKey(1) + "\nwitness w2 " + WitnessKey(1, "x") + "\n",
             "policy line 2: a public key must stand in one line only"},
        Case{"NameTwice", "witness w1 " + WitnessKey(1) + "\nwitness w1 " + WitnessKey(2) + "\n",
             "policy line 2: a name must be defined once, got \"w1\" again"},
        Case{"GroupNamedAsAWitness", kW12 + "group w1 all w1\n",
             "policy line 3: a name must be defined once"},
        Case{"WitnessNamedNone", "witness none " + WitnessKey(1) + "\n",
             "policy line 1: a name must be defined once"},
        Case{"GroupNamedNone", kW12 + "group none all w1\n",
             "policy line 3: a name must be defined once"},
        Case{"GroupOfNone", kW12 + "group g all none\n",
             "policy line 3: a name must be defined on a"},
        Case{"GroupOfNothing", kW12 + "group g all\n", "policy line 3: want: group"},
        Case{"GroupOfItself", kW12 + "group g any g\n",
             "policy line 3: a name must be defined on a"},
        Case{"MemberTwice", kW12 + "group g 1 w1 w1\n",
             "policy line 3: a name must be a member once, in one group, got \"w1\" again"},
        Case{"MemberOfTwoGroups", kW12 + "group g any w1 w2\ngroup h any w2\n",
             "policy line 4: a name must be a member once, in one group, got \"w2\" again"},
        Case{"ThresholdZero", kW12 + "group g 0 w1 w2\n",
             "policy line 3: a group's threshold must be all, any, or from 1 to its 2 members"},
        Case{"ThresholdTooHigh", kW12 + "group g 3 w1 w2\n", "policy line 3: a group's threshold"},
        Case{"ThresholdFarTooHigh", kW12 + "group g 18446744073709551617 w1 w2\n",
             "policy line 3: a group's threshold"},
        Case{"ThresholdNegative", kW12 + "group g -1 w1 w2\n",
             "policy line 3: a group's threshold"},
        Case{"ThresholdLeadingZero", kW12 + "group g 01 w1 w2\n",
             "policy line 3: a group's threshold"},
        Case{"ThresholdHex", kW12 + "group g 0x1 w1 w2\n", "policy line 3: a group's threshold"},
        Case{"ThresholdInCapitals", kW12 + "group g ALL w1 w2\n",
             "policy line 3: a group's threshold"},
        Case{"LongName",
             "witness " + std::string(kMaxPolicyNameBytes + 1, 'n') + ' ' + WitnessKey(1) + '\n',
             "policy line 1: a name must have at most 512 bytes, has 513"},
        Case{"LongUrl", "log " + LogKey(1) + ' ' + std::string(kMaxPolicyUrlBytes + 1, 'u') + '\n',
             "policy line 1: a URL must have at most 2048 bytes, has 2049"}),
    [](const ::testing::TestParamInfo<Case>& test) { return test.param.name; });

// A log whose key is also a witness's would be its own witness.
TEST(PolicyParserTest, RefusesALogAsItsOwnWitness) {
  Vkey vkey{.name = "x", .key = {}, .type = KeyType::kEd25519};
  vkey.key.fill(9);
  const std::string log = "log " + FormatVkey(FakeHasher(), vkey) + '\n';
  vkey.type = KeyType::kCosignature;
  const std::string witness = "witness w " + FormatVkey(FakeHasher(), vkey) + '\n';
  EXPECT_THAT(Parse(log + witness + "quorum w\n"), StatusIs(StatusCode::kInvalidArgument));
  EXPECT_THAT(Parse(witness + log + "quorum w\n"), StatusIs(StatusCode::kInvalidArgument));
}

struct BoundCase {
  const char* name;
  std::size_t bound;
  std::string (*line)(unsigned number);
};
class PolicyBoundTest : public ::testing::TestWithParam<BoundCase> {};

TEST_P(PolicyBoundTest, HoldsAtTheBoundAndNotBeyond) {
  std::string text = Witness(1);
  const std::size_t bound = GetParam().bound;
  for (unsigned i = 2; i < bound + 2; ++i) text += GetParam().line(i);
  const StatusOr<Policy> at_bound = Parse(text + std::string(kEnd));
  EXPECT_TRUE(at_bound.ok()) << at_bound.status();
  const StatusOr<Policy> over =
      Parse(text + GetParam().line(static_cast<unsigned>(bound) + 2) + std::string(kEnd));
  EXPECT_THAT(over, StatusIs(StatusCode::kInvalidArgument));
  EXPECT_THAT(Message(over.status()), HasSubstr("there must be at most 256"));
}

INSTANTIATE_TEST_SUITE_P(
    Cases, PolicyBoundTest,
    ::testing::Values(
        BoundCase{"Logs", kMaxPolicyLogs, [](unsigned i) { return "log " + LogKey(i) + '\n'; }},
        BoundCase{"Witnesses", kMaxPolicyWitnesses - 1, Witness},
        BoundCase{"Groups", kMaxPolicyGroups,
                  [](unsigned i) {
                    return "group g" + std::to_string(i) + " any " +
                           (i == 2 ? std::string("w1") : "g" + std::to_string(i - 1)) + '\n';
                  }}),
    [](const ::testing::TestParamInfo<BoundCase>& test) { return test.param.name; });

TEST(PolicyParserTest, BoundsTheWhole) {
  const std::string end = "\nquorum none\n";
  const std::string comment = '#' + std::string(kMaxPolicyBytes - end.size() - 1, 'x');
  EXPECT_TRUE(Parse(comment + end).ok());
  EXPECT_THAT(Parse(comment + 'x' + end), StatusIs(StatusCode::kInvalidArgument));
}

}  // namespace
}  // namespace svidence::ledger
