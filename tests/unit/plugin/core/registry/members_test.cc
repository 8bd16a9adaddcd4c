#include "plugin/core/registry/members.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/status_matchers.h"

namespace svidence::registry {
namespace {

using ::testing::HasSubstr;
using testing::IsOkAndHolds;
using testing::StatusIs;

constexpr Range kTen{0, 10};

class MembersTest : public ::testing::Test {
 protected:
  void SetUp() override {
    StatusOr<Json> parsed = ParseStrictJson(
        R"({"ten":10,"eleven":11,"minus":-1,"yes":true,"word":"abc","empty":"","none":null,)"
        R"("digest":"sha256:)" +
        std::string(64, 'a') + R"("})");
    ASSERT_THAT(parsed, testing::IsOk());
    object_ = *std::move(parsed);
  }
  Json object_;
};

TEST_F(MembersTest, ReadsAnIntegerWithinItsRange) {
  EXPECT_THAT(IntMember(object_, "ten", kTen), IsOkAndHolds(10));
  EXPECT_THAT(IntMember(object_, "minus", {-1, 0}), IsOkAndHolds(-1));
}

TEST_F(MembersTest, RefusesAnIntegerOutOfRangeWithBoundAndValue) {
  const Status got = IntMember(object_, "eleven", kTen).status();
  EXPECT_THAT(got, StatusIs(StatusCode::kInvalidArgument));
  EXPECT_THAT(Message(got), HasSubstr(R"(member "eleven" must be 0..10, got 11)"));
  EXPECT_THAT(IntMember(object_, "minus", kTen), StatusIs(StatusCode::kInvalidArgument));
}

TEST_F(MembersTest, RefusesAMemberThatIsMissingOrOfAnotherType) {
  EXPECT_THAT(IntMember(object_, "absent", kTen), StatusIs(StatusCode::kInvalidArgument));
  EXPECT_THAT(IntMember(object_, "word", kTen), StatusIs(StatusCode::kInvalidArgument));
  EXPECT_THAT(BoolMember(object_, "absent"), StatusIs(StatusCode::kInvalidArgument));
  EXPECT_THAT(BoolMember(object_, "ten"), StatusIs(StatusCode::kInvalidArgument));
  EXPECT_THAT(TextMember(object_, "absent", 9), StatusIs(StatusCode::kInvalidArgument));
  EXPECT_THAT(TextMember(object_, "ten", 9), StatusIs(StatusCode::kInvalidArgument));
  EXPECT_THAT(DigestMember(object_, "absent"), StatusIs(StatusCode::kInvalidArgument));
  EXPECT_THAT(IsNullMember(object_, "absent"), StatusIs(StatusCode::kInvalidArgument));
}

TEST_F(MembersTest, RefusesWhatIsNoObject) {
  EXPECT_THAT(IntMember(Json(), "ten", kTen), StatusIs(StatusCode::kInvalidArgument));
}

TEST_F(MembersTest, ReadsTruth) { EXPECT_THAT(BoolMember(object_, "yes"), IsOkAndHolds(true)); }

TEST_F(MembersTest, ReadsATextUpToItsBound) {
  EXPECT_THAT(TextMember(object_, "word", 3), IsOkAndHolds("abc"));
  EXPECT_THAT(TextMember(object_, "word", 2), StatusIs(StatusCode::kInvalidArgument));
  EXPECT_THAT(TextMember(object_, "empty", 2), StatusIs(StatusCode::kInvalidArgument));
}

TEST_F(MembersTest, ReadsADigestAsItStands) {
  EXPECT_THAT(DigestMember(object_, "digest"), IsOkAndHolds("sha256:" + std::string(64, 'a')));
  EXPECT_THAT(DigestMember(object_, "word"), StatusIs(StatusCode::kInvalidArgument));
}

TEST_F(MembersTest, TellsNullFromAValue) {
  EXPECT_THAT(IsNullMember(object_, "none"), IsOkAndHolds(true));
  EXPECT_THAT(IsNullMember(object_, "ten"), IsOkAndHolds(false));
}

}  // namespace
}  // namespace svidence::registry
