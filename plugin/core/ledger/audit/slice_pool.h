// Checks slices on several threads and hands them out in order.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "attestors/base/status.h"
#include "plugin/core/ledger/audit/slice.h"

namespace svidence::ledger {

// No more than two slices a thread are being checked or wait, so memory is bounded
// however long the ledger is. Next() is called by one thread, which also destroys
// the pool; that waits for the slices being checked.
class SlicePool {
 public:
  // The slice with this number, from 0 on. Called on any of the threads.
  using Check = std::function<StatusOr<SliceResult>(std::uint64_t number, EntryReader& reader)>;

  // A thread for each of `readers`; none at all for a single one.
  SlicePool(std::vector<std::unique_ptr<EntryReader>> readers, std::uint64_t slices, Check check);
  ~SlicePool();
  SlicePool(const SlicePool&) = delete;
  SlicePool& operator=(const SlicePool&) = delete;

  // The next slice, from 0 on; to be called at most `slices` times.
  StatusOr<SliceResult> Next();

 private:
  void Work(EntryReader& reader);

  const std::vector<std::unique_ptr<EntryReader>> readers_;
  const std::uint64_t slices_;
  const Check check_;
  std::mutex mutex_;
  std::condition_variable room_;
  std::condition_variable done_;
  std::map<std::uint64_t, StatusOr<SliceResult>> results_;
  std::uint64_t started_ = 0;
  std::uint64_t taken_ = 0;
  bool stopping_ = false;
  std::vector<std::jthread> threads_;  // last: they use all of the above
};

}  // namespace svidence::ledger
