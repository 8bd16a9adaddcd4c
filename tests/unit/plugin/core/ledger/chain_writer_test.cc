#include "plugin/core/ledger/chain_writer.h"

#include <memory>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/fake_hasher.h"
#include "tests/support/status_matchers.h"

namespace svidence::ledger {
namespace {

using ::svidence::testing::IsOk;
using ::svidence::testing::StatusIs;

EntryDraft Draft(const std::string& subject) {
  return {.type = "alert.raised", .by = "server:a", .subject = subject};
}

class ChainWriterTest : public ::testing::Test {
 protected:
  testing::FakeHasher hasher_;
  ChainWriter writer_{hasher_, {.head = {}, .subjects = std::make_unique<SubjectIndex>(hasher_)}};
};

TEST_F(ChainWriterTest, LinksEachEntryToTheOneBeforeAndToItsSubject) {
  writer_.Begin();
  ASSERT_THAT(writer_.Add(Draft("node:1"), 1000), IsOk());
  ASSERT_THAT(writer_.Add(Draft("node:2"), 1001), IsOk());
  ASSERT_THAT(writer_.Add(Draft("node:1"), 1002), IsOk());
  const ChainWriter::Adopted adopted = writer_.Adopt();
  ASSERT_EQ(adopted.entries.size(), 3U);
  EXPECT_EQ(adopted.entries[0].place.prev, Digest{});
  EXPECT_EQ(adopted.entries[2].place.prev, adopted.stored[1].leaf);
  EXPECT_EQ(adopted.entries[1].place.subject_prev, std::nullopt);
  EXPECT_EQ(adopted.entries[2].place.subject_prev, EntryIndex{0});
  EXPECT_EQ(writer_.head(), (Head{.size = 3, .last_leaf = adopted.stored[2].leaf}));
}

TEST_F(ChainWriterTest, ADiscardedBatchLeavesNoTrace) {
  writer_.Begin();
  ASSERT_THAT(writer_.Add(Draft("node:1"), 5000), IsOk());
  ASSERT_THAT(writer_.Add(Draft("node:1"), 5000), IsOk());
  writer_.Discard();
  EXPECT_EQ(writer_.head(), Head{});
  writer_.Begin();
  ASSERT_THAT(writer_.Add(Draft("node:1"), 1000), IsOk());
  const ChainWriter::Adopted adopted = writer_.Adopt();
  EXPECT_EQ(adopted.entries[0].place, (EntryPlace{.index = 0, .at_millis = 1000}));
}

TEST_F(ChainWriterTest, RefusesADraftThatIsNoEntryAndGoesOn) {
  writer_.Begin();
  EntryDraft draft = Draft("node:1");
  draft.members = "no json";
  EXPECT_THAT(writer_.Add(draft, 1000), StatusIs(StatusCode::kInvalidArgument));
  ASSERT_THAT(writer_.Add(Draft("node:1"), 1000), IsOk());
  EXPECT_EQ(writer_.entries().size(), 1U);
}

TEST_F(ChainWriterTest, TimesNeverDecrease) {
  writer_.Begin();
  ASSERT_THAT(writer_.Add(Draft("node:1"), 5000), IsOk());
  ASSERT_THAT(writer_.Add(Draft("node:1"), 4000), IsOk());
  EXPECT_EQ(writer_.clock_behind_millis(), 1000);
  EXPECT_EQ(writer_.Adopt().entries[1].place.at_millis, 5000);
}

}  // namespace
}  // namespace svidence::ledger
