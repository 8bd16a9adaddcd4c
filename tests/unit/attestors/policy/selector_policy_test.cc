#include "attestors/policy/selector_policy.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "attestors/process/process_facts.h"
#include "tests/support/status_matchers.h"

namespace svidence {
namespace {

using ::svidence::testing::IsOk;
using ::svidence::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

SelectorPolicy PolicyOf(const std::vector<std::string>& kinds) {
  const StatusOr<SelectorPolicy> policy = SelectorPolicy::Create(kinds);
  EXPECT_THAT(policy, IsOk());
  return *policy;
}

SelectorPolicy All() { return PolicyOf({AllSelectorKinds().begin(), AllSelectorKinds().end()}); }

TEST(SelectorPolicyTest, LetsOnlyTheWantedKindsPass) {
  const SelectorPolicy policy = PolicyOf({"exe:sha256", "uid"});
  EXPECT_TRUE(policy.Wants("uid"));
  EXPECT_FALSE(policy.Wants("exe:path"));
  EXPECT_FALSE(policy.Wants("exe"));
  const Selection got = policy.Select(
      {{kExePathSelector, "/x"}, {kExeSha256Selector, "ab"}, {kUidSelector, "1"}, {"odd", "2"}},
      {});
  EXPECT_THAT(got.values, ElementsAre("uid:1", "exe:sha256:ab"));
  EXPECT_THAT(got.withheld, IsEmpty());
}

TEST(SelectorPolicyTest, RefusesAListThatMakesNoSense) {
  const auto create = [](const std::vector<std::string>& kinds) {
    return SelectorPolicy::Create(kinds).status();
  };
  EXPECT_THAT(create({}), StatusIs(StatusCode::kInvalidArgument));
  EXPECT_THAT(create({"uid", "uid"}), StatusIs(StatusCode::kInvalidArgument));
  EXPECT_THAT(create({"uid", "shoe size"}), StatusIs(StatusCode::kInvalidArgument));
  EXPECT_THAT(create({"exe"}), StatusIs(StatusCode::kInvalidArgument));
  EXPECT_THAT(create({""}), StatusIs(StatusCode::kInvalidArgument));
}

TEST(SelectorPolicyTest, GivesEqualFactsInEqualOrderAndOnce) {
  const std::vector<Selector> one = {
      {kInstanceSelector, "i"}, {kGroupSelector, "b"}, {kUidSelector, "1"}, {kGroupSelector, "a"}};
  const std::vector<Selector> other = {{kGroupSelector, "a"},
                                       {kUidSelector, "1"},
                                       {kGroupSelector, "b"},
                                       {kInstanceSelector, "i"},
                                       {kGroupSelector, "a"}};
  EXPECT_THAT(All().Select(one, {}).values,
              ElementsAre("uid:1", "group:a", "group:b", "instance:i"));
  EXPECT_EQ(All().Select(one, {}).values, All().Select(other, {}).values);
}

TEST(SelectorPolicyTest, WithholdsWhatIsTooLongAndNeverCutsIt) {
  const std::size_t room = kMaxSelectorBytes - std::string("exe:path:").size();
  const Selection fits = All().Select({{kExePathSelector, std::string(room, 'a')}}, {});
  ASSERT_THAT(fits.values, SizeIs(1));
  EXPECT_THAT(fits.values[0], SizeIs(kMaxSelectorBytes));
  const Selection long_one =
      All().Select({{kExePathSelector, std::string(room + 1, 'a')}, {kUidSelector, "1"}}, {});
  EXPECT_THAT(long_one.values, ElementsAre("uid:1"));
  ASSERT_THAT(long_one.withheld, SizeIs(1));
  EXPECT_EQ(long_one.withheld[0].kind, "exe:path");
  EXPECT_EQ(long_one.withheld[0].detail, "247 bytes");
}

TEST(SelectorPolicyTest, WithholdsTextThatAProtobufStringCannotHold) {
  for (const std::string& value :
       {std::string(), std::string("/a\nuid:0"), std::string("/a\x1b[31m"), std::string("/a\x7f"),
        std::string("/\xff"), std::string("/\xc0\xaf"), std::string("/a\0b", 4)}) {
    const Selection got = All().Select({{kExePathSelector, value}}, {});
    EXPECT_THAT(got.values, IsEmpty()) << ::testing::PrintToString(value);
    EXPECT_THAT(got.withheld, SizeIs(1)) << ::testing::PrintToString(value);
  }
  EXPECT_THAT(All().Select({{kExePathSelector, "/\xc3\xbc"}}, {}).values, SizeIs(1));
}

TEST(SelectorPolicyTest, GivesSixtyFourAndSaysThatThereWereMore) {
  std::vector<Selector> found;
  found.reserve(65);
  for (int i = 0; i < 65; ++i) found.push_back({kGroupSelector, std::to_string(100 + i)});
  const Selection got = All().Select(found, {});
  EXPECT_THAT(got.values, SizeIs(kMaxSelectors));
  EXPECT_EQ(got.values.back(), "group:163");
  EXPECT_THAT(got.withheld, SizeIs(1));
}

TEST(SelectorPolicyTest, KeepsWhatTheAttestorsWithheld) {
  const Selection got =
      All().Select({}, {{.kind = kUserSelector, .cause = "LDAP is down", .detail = ""}});
  ASSERT_THAT(got.withheld, SizeIs(1));
  EXPECT_EQ(got.withheld[0].cause, "LDAP is down");
}

}  // namespace
}  // namespace svidence
