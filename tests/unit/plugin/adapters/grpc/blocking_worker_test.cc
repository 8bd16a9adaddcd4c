#include "plugin/adapters/grpc/blocking_worker.h"

#include <future>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace svidence {
namespace {

TEST(BlockingWorkerTest, RunsInOrderOnAThreadOfItsOwn) {
  std::vector<int> ran;
  std::thread::id where;
  {
    BlockingWorker worker;
    for (int i = 0; i < 3; ++i) {
      EXPECT_TRUE(worker.Run([&ran, &where, i] {
        ran.push_back(i);
        where = std::this_thread::get_id();
      }));
    }
  }
  EXPECT_EQ(ran, (std::vector{0, 1, 2})) << "what was given is finished";
  EXPECT_NE(where, std::this_thread::get_id());
}

TEST(BlockingWorkerTest, RefusesWhatIsTooMuch) {
  std::promise<void> started;
  std::promise<void> release;
  std::size_t ran = 0;
  {
    BlockingWorker worker;
    ASSERT_TRUE(worker.Run([&] {
      started.set_value();
      release.get_future().wait();
    }));
    started.get_future().wait();
    for (std::size_t i = 0; i < BlockingWorker::kMaxQueued; ++i) {
      EXPECT_TRUE(worker.Run([&ran] { ++ran; }));
    }
    EXPECT_FALSE(worker.Run([&ran] { ++ran; }));
    release.set_value();
  }
  EXPECT_EQ(ran, BlockingWorker::kMaxQueued);
}

TEST(BlockingWorkerTest, EndsWithoutEverHavingWorked) { const BlockingWorker worker; }

}  // namespace
}  // namespace svidence
