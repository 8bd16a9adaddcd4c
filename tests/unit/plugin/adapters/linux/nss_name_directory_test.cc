#include "plugin/adapters/linux/nss_name_directory.h"

#include <atomic>
#include <latch>
#include <map>
#include <optional>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/fake_clock.h"
#include "tests/support/status_matchers.h"

namespace svidence::linux_os {
namespace {

using ::svidence::testing::IsOkAndHolds;
using ::svidence::testing::StatusIs;
using Name = std::optional<std::string>;

class NssNameDirectoryTest : public ::testing::Test {
 protected:
  testing::FakeClock clock_;
  std::atomic<int> asked_ = 0;
  Name name_ = "alice";
  Status error_;
  NssNameDirectory directory_{clock_, [this](NameKind, std::uint32_t) -> StatusOr<Name> {
                                ++asked_;
                                if (!error_.ok()) return error_;
                                return name_;
                              }};
};

TEST_F(NssNameDirectoryTest, RemembersANameForHalfAMinute) {
  EXPECT_THAT(directory_.UserName(7, {}), IsOkAndHolds(Name("alice")));
  name_ = "bob";
  clock_.Advance(NssNameDirectory::kNameMillis - 1);
  EXPECT_THAT(directory_.UserName(7, {}), IsOkAndHolds(Name("alice")));
  EXPECT_EQ(asked_, 1);
  clock_.Advance(1);
  EXPECT_THAT(directory_.UserName(7, {}), IsOkAndHolds(Name("bob")));
}

TEST_F(NssNameDirectoryTest, TellsUsersFromGroups) {
  EXPECT_THAT(directory_.UserName(7, {}), IsOkAndHolds(Name("alice")));
  name_ = "staff";
  EXPECT_THAT(directory_.GroupName(7, {}), IsOkAndHolds(Name("staff")));
  EXPECT_THAT(directory_.UserName(7, {}), IsOkAndHolds(Name("alice")));
}

TEST_F(NssNameDirectoryTest, RemembersThatThereIsNoNameForAShorterTime) {
  name_ = std::nullopt;
  EXPECT_THAT(directory_.UserName(7, {}), IsOkAndHolds(Name()));
  EXPECT_THAT(directory_.UserName(7, {}), IsOkAndHolds(Name()));
  EXPECT_EQ(asked_, 1);
  clock_.Advance(NssNameDirectory::kNoNameMillis);
  name_ = "new";
  EXPECT_THAT(directory_.UserName(7, {}), IsOkAndHolds(Name("new")));
}

TEST_F(NssNameDirectoryTest, RemembersAFailureForASecond) {
  error_ = Unavailable("LDAP is down");
  EXPECT_THAT(directory_.UserName(7, {}), StatusIs(StatusCode::kUnavailable));
  EXPECT_THAT(directory_.UserName(7, {}), StatusIs(StatusCode::kUnavailable));
  EXPECT_EQ(asked_, 1);
  error_ = OkStatus();
  clock_.Advance(NssNameDirectory::kFailureMillis);
  EXPECT_THAT(directory_.UserName(7, {}), IsOkAndHolds(Name("alice")));
}

TEST(NssNameDirectoryPatienceTest, DoesNotWaitForANameServiceThatHangs) {
  testing::FakeClock clock;
  std::latch release(1);
  NssNameDirectory directory(clock, [&release](NameKind, std::uint32_t) -> StatusOr<Name> {
    release.wait();
    return Name("late");
  });
  EXPECT_THAT(directory.UserName(7, {}), StatusIs(StatusCode::kDeadlineExceeded));
  // The next one does not even wait.
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_THAT(directory.UserName(7, {}), StatusIs(StatusCode::kDeadlineExceeded));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, NssNameDirectory::kPatience);
  release.count_down();
}

TEST(LookUpNameTest, KnowsRoot) {
  EXPECT_THAT(LookUpName(NameKind::kUser, 0), IsOkAndHolds(Name("root")));
  EXPECT_THAT(LookUpName(NameKind::kGroup, 0), IsOkAndHolds(Name("root")));
}

TEST(LookUpNameTest, SaysThatAnIdHasNoName) {
  EXPECT_THAT(LookUpName(NameKind::kUser, 4000000001), IsOkAndHolds(Name()));
  EXPECT_THAT(LookUpName(NameKind::kGroup, 4000000001), IsOkAndHolds(Name()));
}

}  // namespace
}  // namespace svidence::linux_os
