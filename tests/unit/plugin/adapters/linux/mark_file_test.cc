#include "plugin/adapters/linux/mark_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/status_matchers.h"
#include "tests/support/temporary_directory.h"

namespace svidence::linux_os {
namespace {

using ::svidence::testing::IsOk;
using ::svidence::testing::IsOkAndHolds;
using ::svidence::testing::StatusIs;

TEST(MarkFileTest, BeginsMissingThenGivesWhatWasWrittenLast) {
  const testing::TemporaryDirectory directory;
  MarkFile mark(directory.File("mark"));
  EXPECT_THAT(mark.Read(), StatusIs(StatusCode::kNotFound));
  ASSERT_THAT(mark.Write("one\n"), IsOk());
  ASSERT_THAT(mark.Write("two\n"), IsOk());
  EXPECT_THAT(mark.Read(), IsOkAndHolds("two\n"));
  EXPECT_EQ(mark.Where(), directory.File("mark"));
}

TEST(MarkFileTest, SaysWhenItCannotBeWritten) {
  MarkFile mark("/nonexistent/mark");
  EXPECT_THAT(mark.Write("x"), StatusIs(StatusCode::kNotFound));
}

}  // namespace
}  // namespace svidence::linux_os
