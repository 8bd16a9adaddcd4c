#include "plugin/core/ledger/tree/entry_bundle.h"

#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/status_matchers.h"

namespace svidence::ledger {
namespace {

using ::svidence::testing::IsOk;
using ::svidence::testing::IsOkAndHolds;
using ::svidence::testing::StatusIs;
using Entries = std::vector<std::string_view>;

// Two entries, the second empty, and one of 258 bytes.
const std::string kLong(258, 'l');
const std::string kBundle =
    std::string("\0\x03one", 5) + std::string("\0\0", 2) + std::string("\x01\x02", 2) + kLong;

TEST(EntryBundleTest, IsWrittenAndReadByteForByte) {
  const Entries entries = {"one", "", kLong};
  EXPECT_THAT(EncodeEntryBundle(entries), IsOkAndHolds(kBundle));
  EXPECT_THAT(DecodeEntryBundle(kBundle, 3), IsOkAndHolds(entries));
}

TEST(EntryBundleTest, IsRefusedWhereverItIsCutOff) {
  for (std::size_t size = 0; size < kBundle.size(); ++size) {
    EXPECT_THAT(DecodeEntryBundle(std::string_view(kBundle).substr(0, size), 3),
                StatusIs(StatusCode::kInvalidArgument))
        << size;
  }
}

TEST(EntryBundleTest, HasExactlyTheEntriesThatItsPathSays) {
  for (const std::size_t width : {0U, 1U, 2U, 4U, 256U, 257U}) {
    EXPECT_THAT(DecodeEntryBundle(kBundle, width), StatusIs(StatusCode::kInvalidArgument)) << width;
  }
  EXPECT_THAT(DecodeEntryBundle(kBundle + '\0', 3), StatusIs(StatusCode::kInvalidArgument));
  EXPECT_THAT(DecodeEntryBundle(kBundle + std::string(2, '\0'), 3),
              StatusIs(StatusCode::kInvalidArgument));
  EXPECT_THAT(DecodeEntryBundle("", 1), StatusIs(StatusCode::kInvalidArgument));
  EXPECT_THAT(DecodeEntryBundle(kBundle, ~std::size_t{0}), StatusIs(StatusCode::kInvalidArgument));
}

// A length that was changed takes from the next entry, or lacks bytes at the end.
TEST(EntryBundleTest, IsRefusedWithAnotherLength) {
  for (unsigned bit = 0; bit < 16; ++bit) {
    std::string bad = kBundle;
    char& byte = bad[7 + bit / 8];
    byte = static_cast<char>(static_cast<unsigned char>(byte) ^ (1U << (bit % 8)));
    EXPECT_THAT(DecodeEntryBundle(bad, 3), StatusIs(StatusCode::kInvalidArgument)) << bit;
  }
}

TEST(EntryBundleTest, BoundsItsEntries) {
  const std::string largest(kMaxBundledEntryBytes, 'x');
  const Entries full(kTileWidth, largest);
  const StatusOr<std::string> bytes = EncodeEntryBundle(full);
  ASSERT_THAT(bytes, IsOk());
  EXPECT_EQ(bytes->size(), kMaxBundleBytes);
  EXPECT_THAT(DecodeEntryBundle(*bytes, kTileWidth), IsOkAndHolds(full));

  EXPECT_THAT(EncodeEntryBundle(Entries(kTileWidth + 1, "x")),
              StatusIs(StatusCode::kInvalidArgument));
  EXPECT_THAT(EncodeEntryBundle({}), StatusIs(StatusCode::kInvalidArgument));
  const std::string larger = largest + 'x';
  EXPECT_THAT(EncodeEntryBundle(Entries{"one", larger}), StatusIs(StatusCode::kInvalidArgument));
}

}  // namespace
}  // namespace svidence::ledger
