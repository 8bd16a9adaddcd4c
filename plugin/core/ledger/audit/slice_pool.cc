#include "plugin/core/ledger/audit/slice_pool.h"

#include <utility>

namespace svidence::ledger {

SlicePool::SlicePool(std::vector<std::unique_ptr<EntryReader>> readers, std::uint64_t slices,
                     Check check)
    : readers_(std::move(readers)), slices_(slices), check_(std::move(check)) {
  if (readers_.size() < 2) return;
  for (const std::unique_ptr<EntryReader>& reader : readers_) {
    threads_.emplace_back([this, &reader] { Work(*reader); });
  }
}

SlicePool::~SlicePool() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  room_.notify_all();
}

void SlicePool::Work(EntryReader& reader) {
  std::unique_lock lock(mutex_);
  while (true) {
    room_.wait(lock, [this] {
      return stopping_ || started_ == slices_ || started_ < taken_ + 2 * readers_.size();
    });
    if (stopping_ || started_ == slices_) return;
    const std::uint64_t number = started_++;
    lock.unlock();
    StatusOr<SliceResult> result = check_(number, reader);
    lock.lock();
    results_.emplace(number, std::move(result));
    done_.notify_one();
  }
}

StatusOr<SliceResult> SlicePool::Next() {
  if (threads_.empty()) return check_(taken_++, *readers_.front());
  std::unique_lock lock(mutex_);
  done_.wait(lock, [this] { return results_.contains(taken_); });
  StatusOr<SliceResult> result = std::move(results_.extract(taken_).mapped());
  ++taken_;
  lock.unlock();
  room_.notify_all();
  return result;
}

}  // namespace svidence::ledger
