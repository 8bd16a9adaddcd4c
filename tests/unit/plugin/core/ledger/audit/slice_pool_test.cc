#include "plugin/core/ledger/audit/slice_pool.h"

#include <atomic>
#include <latch>

#include <gtest/gtest.h>

#include "tests/support/status_matchers.h"

namespace svidence::ledger {
namespace {

using ::svidence::testing::IsOk;
using ::svidence::testing::StatusIs;

class NoReader final : public EntryReader {
 public:
  Status Read(EntryIndex, std::size_t, EntryBlock&) override { return OkStatus(); }
};

std::vector<std::unique_ptr<EntryReader>> Readers(std::size_t count) {
  std::vector<std::unique_ptr<EntryReader>> readers;
  while (readers.size() < count) readers.push_back(std::make_unique<NoReader>());
  return readers;
}

TEST(SlicePoolTest, GivesSlicesInOrderHoweverManyThreadsWork) {
  for (const std::size_t threads : {1U, 2U, 7U}) {
    SlicePool pool(Readers(threads), 200, [](std::uint64_t number, EntryReader&) {
      SliceResult result;
      result.first = number;
      return StatusOr<SliceResult>(std::move(result));
    });
    for (std::uint64_t i = 0; i < 200; ++i) {
      const StatusOr<SliceResult> slice = pool.Next();
      ASSERT_THAT(slice, IsOk());
      EXPECT_EQ(slice->first, i);
    }
  }
}

// The first slice is held back: no thread may run further ahead than the bound.
TEST(SlicePoolTest, NoMoreThanTwoSlicesAThreadAreAhead) {
  constexpr std::size_t kThreads = 3;
  std::latch others(2 * kThreads - 1);
  std::atomic<std::size_t> started = 0;
  SlicePool pool(Readers(kThreads), 100, [&](std::uint64_t number, EntryReader&) {
    ++started;
    if (number == 0) {
      others.wait();
      EXPECT_EQ(started, 2 * kThreads);
    } else if (number < 2 * kThreads) {
      others.count_down();
    }
    return StatusOr<SliceResult>(SliceResult());
  });
  EXPECT_THAT(pool.Next(), IsOk());
}

TEST(SlicePoolTest, AnErrorIsThatOfItsSliceAndThePoolEndsWithSlicesLeft) {
  SlicePool pool(Readers(2), 1000, [](std::uint64_t number, EntryReader&) {
    return number == 1 ? StatusOr<SliceResult>(Unavailable("no disk"))
                       : StatusOr<SliceResult>(SliceResult());
  });
  EXPECT_THAT(pool.Next(), IsOk());
  EXPECT_THAT(pool.Next(), StatusIs(StatusCode::kUnavailable));
}

}  // namespace
}  // namespace svidence::ledger
