#include "plugin/core/ledger/mark_keeper.h"

#include <atomic>
#include <thread>

#include <gtest/gtest.h>

#include "plugin/core/ledger/batch_seal.h"
#include "tests/support/fake_mark_store.h"
#include "tests/support/note_keys.h"

namespace svidence::ledger {
namespace {

using ::svidence::testing::FakeMarkStore;
using ::svidence::testing::NoteKey;

const LogIdentity kIdentity{.uuid = "00010203-0405-4607-8809-0a0b0c0d0e0f",
                            .origin = "example.org/svidence/x",
                            .vkey = "",
                            .trust_domain = "example.org"};

class MarkKeeperTest : public ::testing::Test {
 protected:
  std::function<Durable()> Now() {
    return [this] {
      return Durable{.head = {.size = size_, .last_leaf = {}},
                     .checkpoint = signed_ ? CheckpointOf(size_) : ""};
    };
  }
  static std::string CheckpointOf(EntryIndex size) {
    const openssl::OpenSslHasher hasher = *openssl::OpenSslHasher::Create();
    return *SignTree(NoteKey(hasher, 1, kIdentity.origin).signer(), size, {});
  }
  EntryIndex Marked() const {
    const std::optional<std::string> text = marks_.text();
    return text ? ParseMark(*text)->size : 0;
  }

  FakeMarkStore marks_;
  std::atomic<bool> signed_ = false;
  std::atomic<EntryIndex> size_ = 0;
};

TEST_F(MarkKeeperTest, FollowsTheLedger) {
  size_ = 3;
  MarkKeeper keeper(marks_, kIdentity, "", Now(), std::chrono::milliseconds(1));
  while (Marked() != 3) std::this_thread::yield();
  size_ = 5;
  while (Marked() != 5) std::this_thread::yield();
  EXPECT_EQ(keeper.trouble(), "");
}

TEST_F(MarkKeeperTest, WritesOncePerIntervalAtMostAndOnceAtTheEnd) {
  size_ = 1;
  {
    const MarkKeeper keeper(marks_, kIdentity, "", Now(), std::chrono::hours(1));
    while (Marked() != 1) std::this_thread::yield();
    for (EntryIndex size = 2; size < 100; ++size) size_ = size;
    EXPECT_EQ(marks_.writes(), 1U);
  }
  EXPECT_EQ(marks_.writes(), 2U);
  EXPECT_EQ(Marked(), 99U);
}

TEST_F(MarkKeeperTest, WritesNothingWhileNothingMovesOrThereIsNoEntry) {
  {
    const MarkKeeper keeper(marks_, kIdentity, "", Now(), std::chrono::milliseconds(1));
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  EXPECT_EQ(marks_.writes(), 0U);
  size_ = 1;
  {
    const MarkKeeper keeper(marks_, kIdentity, "", Now(), std::chrono::milliseconds(1));
    while (Marked() != 1) std::this_thread::yield();
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  EXPECT_EQ(marks_.writes(), 1U);
}

TEST_F(MarkKeeperTest, TriesAgainAndSaysWhyItCannotWrite) {
  marks_.FailWritesWith(ResourceExhausted("disk is full"));
  size_ = 1;
  const MarkKeeper keeper(marks_, kIdentity, "", Now(), std::chrono::milliseconds(1));
  while (keeper.trouble().empty()) std::this_thread::yield();
  EXPECT_EQ(keeper.trouble(), "disk is full");
  EXPECT_EQ(keeper.marked(), 0U);
  marks_.FailWritesWith(OkStatus());
  while (keeper.marked() != 1) std::this_thread::yield();
  EXPECT_EQ(keeper.trouble(), "");
}

TEST_F(MarkKeeperTest, KeepsTheNewestCheckpoint) {
  signed_ = true;
  size_ = 3;
  const MarkKeeper keeper(marks_, kIdentity, "", Now(), std::chrono::milliseconds(1));
  while (Marked() != 3) std::this_thread::yield();
  EXPECT_EQ(ParseMark(*marks_.text())->checkpoint, CheckpointOf(3));
  size_ = 5;
  while (Marked() != 5) std::this_thread::yield();
  EXPECT_EQ(ParseMark(*marks_.text())->checkpoint, CheckpointOf(5));
}

TEST_F(MarkKeeperTest, ALogThatCannotSignForgetsNoCheckpoint) {
  size_ = 4;
  const MarkKeeper keeper(marks_, kIdentity, CheckpointOf(3), Now(), std::chrono::milliseconds(1));
  while (Marked() != 4) std::this_thread::yield();
  EXPECT_EQ(ParseMark(*marks_.text())->checkpoint, CheckpointOf(3));
  signed_ = true;  // the same entries, and now their checkpoint
  while (ParseMark(*marks_.text())->checkpoint != CheckpointOf(4)) std::this_thread::yield();
  EXPECT_EQ(keeper.trouble(), "");
}

}  // namespace
}  // namespace svidence::ledger
