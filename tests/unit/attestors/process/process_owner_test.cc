#include "attestors/process/process_owner.h"

#include <optional>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/status_matchers.h"

namespace svidence {
namespace {

using ::svidence::testing::IsOkAndHolds;
using ::svidence::testing::StatusIs;

struct Case {
  std::string name;  // letters and digits: it becomes part of the test's name
  std::string status;
  std::optional<ProcessOwner> want;  // nullopt: InvalidArgument
};

class ParseProcessOwnerTest : public ::testing::TestWithParam<Case> {};

TEST_P(ParseProcessOwnerTest, GivesTheEffectiveIdsOrAnError) {
  const Case& c = GetParam();
  const StatusOr<ProcessOwner> got = ParseProcessOwner(c.status);
  if (c.want.has_value()) {
    EXPECT_THAT(got, IsOkAndHolds(*c.want));
  } else {
    EXPECT_THAT(got, StatusIs(StatusCode::kInvalidArgument));
  }
}

const std::string kUid = "Uid:\t1\t2\t3\t4\n";
const std::string kGid = "Gid:\t5\t6\t7\t8\n";
constexpr ProcessOwner kWant{.uid = 2, .gid = 6};

INSTANTIATE_TEST_SUITE_P(
    All, ParseProcessOwnerTest,
    ::testing::Values(
        Case{"AmongOthers", "Name:\tx\nPid:\t9\n" + kUid + kGid + "Groups:\t4 5\n", kWant},
        Case{"CutBehindThem", kUid + kGid + "Groups:\t4 5 6 7 8 9 10 1", kWant},
        Case{"NameWithEscapedLine", "Name:\tx\\nUid:\\t0\\t0\\t0\\t0\n" + kUid + kGid, kWant},
        Case{"Largest", "Uid:\t0\t4294967295\t0\t0\nGid:\t0\t4294967295\t0\t0\n",
             ProcessOwner{.uid = 4294967295, .gid = 4294967295}},
        Case{"Empty", "", std::nullopt}, Case{"NoUid", "Name:\tx\n" + kGid, std::nullopt},
        Case{"NoGid", "Name:\tx\n" + kUid, std::nullopt},
        Case{"UidTwice", kUid + kUid + kGid, std::nullopt},
        Case{"GidTwice", kUid + kGid + kGid, std::nullopt},
        Case{"CutInsideANumber", kUid + "Gid:\t5\t6\t7\t8", std::nullopt},
        Case{"ThreeNumbers", "Uid:\t1\t2\t3\n" + kGid, std::nullopt},
        Case{"FiveNumbers", "Uid:\t1\t2\t3\t4\t5\n" + kGid, std::nullopt},
        Case{"Spaces", "Uid: 1 2 3 4\n" + kGid, std::nullopt},
        Case{"TextBehind", "Uid:\t1\t2\t3\t4x\n" + kGid, std::nullopt},
        Case{"Negative", "Uid:\t1\t-2\t3\t4\n" + kGid, std::nullopt},
        Case{"TooLarge", "Uid:\t1\t4294967296\t3\t4\n" + kGid, std::nullopt}),
    [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace svidence
