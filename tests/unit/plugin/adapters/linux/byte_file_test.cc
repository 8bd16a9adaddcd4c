#include "plugin/adapters/linux/byte_file.h"

#include <gtest/gtest.h>

#include "plugin/adapters/linux/files.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temporary_directory.h"

namespace svidence::linux_os {
namespace {

using ::svidence::testing::IsOk;
using ::svidence::testing::StatusIs;

TEST(ByteFileTest, ReadsAnywhereAndLessAtTheEnd) {
  const testing::TemporaryDirectory dir;
  const std::string path = dir.path() + "/file";
  ASSERT_THAT(WriteFileDurably(path, "0123456789", 0644), IsOk());
  const StatusOr<std::unique_ptr<ByteFile>> file = ByteFile::Open(path);
  ASSERT_THAT(file, IsOk());
  std::string bytes = "old";
  ASSERT_THAT((*file)->ReadAt(2, 3, bytes), IsOk());
  EXPECT_EQ(bytes, "234");
  ASSERT_THAT((*file)->ReadAt(8, 100, bytes), IsOk());
  EXPECT_EQ(bytes, "89");
  ASSERT_THAT((*file)->ReadAt(10, 1, bytes), IsOk());
  EXPECT_EQ(bytes, "");
}

TEST(ByteFileTest, TakesRegularFilesOnly) {
  const testing::TemporaryDirectory dir;
  EXPECT_THAT(ByteFile::Open(dir.path() + "/none"), StatusIs(StatusCode::kNotFound));
  EXPECT_THAT(ByteFile::Open(dir.path()), StatusIs(StatusCode::kInvalidArgument));
}

}  // namespace
}  // namespace svidence::linux_os
