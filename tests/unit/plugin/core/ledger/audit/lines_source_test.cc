#include "plugin/core/ledger/audit/lines_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/published_log.h"
#include "tests/support/status_matchers.h"

namespace svidence::ledger {
namespace {

using ::svidence::testing::IsOk;
using ::svidence::testing::MemoryFile;
using ::svidence::testing::StatusIs;

class LinesSourceTest : public ::testing::Test {
 protected:
  void Open(std::string text) {
    StatusOr<std::unique_ptr<LinesSource>> source =
        LinesSource::Open(std::make_unique<MemoryFile>(std::move(text)));
    ASSERT_THAT(source, IsOk());
    source_ = *std::move(source);
    reader_ = *source_->OpenReader();
  }
  EntryBlock Read(EntryIndex first, std::size_t max) {
    EntryBlock block;
    EXPECT_THAT(reader_->Read(first, max, block), IsOk());
    return block;
  }

  std::unique_ptr<LinesSource> source_;
  std::unique_ptr<EntryReader> reader_;
};

TEST_F(LinesSourceTest, ReadsAnyLineInAnyOrder) {
  std::string text;
  constexpr EntryIndex kLines = 5000;
  for (EntryIndex i = 0; i < kLines; ++i) text += std::to_string(i) + '\n';
  Open(text);
  EXPECT_EQ(**source_->Size(), kLines);
  for (const EntryIndex first : {0U, 1U, 4999U, 1024U, 1023U, 2048U, 2047U, 3000U, 0U, 10U, 11U}) {
    const EntryBlock block = Read(first, 1);
    ASSERT_EQ(block.entries.size(), 1U);
    EXPECT_EQ(block.entries[0], std::to_string(first));
    EXPECT_TRUE(block.leaves.empty());
  }
  EXPECT_EQ(Read(4990, 100).entries.size(), 10U);
  EXPECT_TRUE(Read(kLines, 1).entries.empty());
  EXPECT_FALSE(Read(kLines, 1).defect);
}

TEST_F(LinesSourceTest, ABlockEndsWithAWholeLine) {
  const std::string line(1000, 'x');
  std::string text;
  for (int i = 0; i < 3000; ++i) text += line + '\n';
  Open(text);
  EntryIndex next = 0;
  while (next < 3000) {
    const EntryBlock block = Read(next, 5000);
    ASSERT_FALSE(block.entries.empty());
    for (const std::string_view entry : block.entries) ASSERT_EQ(entry, line);
    next += block.entries.size();
  }
  EXPECT_EQ(next, 3000U);
}

TEST_F(LinesSourceTest, AHugeLineIsADefectAndThoseBehindItAreFound) {
  Open("a\n" + std::string(5 * kMaxBlockBytes, 'x') + "\nb\nc\n");
  EXPECT_EQ(**source_->Size(), 4U);
  EXPECT_EQ(Read(0, 4).entries.size(), 1U);
  EXPECT_EQ(Read(1, 4).defect->index, 1U);
  EXPECT_EQ(Read(3, 4).entries[0], "c");
  EXPECT_EQ(Read(2, 4).entries[0], "b");
}

TEST_F(LinesSourceTest, ALastLineWithoutLineFeedIsADefect) {
  Open("a\nb");
  EXPECT_EQ(**source_->Size(), 2U);
  EXPECT_EQ(Read(0, 5).entries.size(), 1U);
  EXPECT_EQ(Read(1, 5).defect->kind, DefectKind::kMalformed);
}

class FailingFile final : public ByteFile {
 public:
  Status ReadAt(std::uint64_t, std::size_t, std::string&) const override {
    return Unavailable("no disk");
  }
};

TEST_F(LinesSourceTest, AFileThatCannotBeReadIsAnError) {
  EXPECT_THAT(LinesSource::Open(std::make_unique<FailingFile>()),
              StatusIs(StatusCode::kUnavailable));
}

}  // namespace
}  // namespace svidence::ledger
