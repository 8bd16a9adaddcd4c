#include "plugin/daemon/switchboard.h"

#include <utility>

namespace svidence::daemon {

using linux_os::ShimLink;

std::unique_ptr<ShimLink> Switchboard::OfferLink(std::unique_ptr<ShimLink> link,
                                                 std::chrono::milliseconds patience) {
  std::unique_lock lock(mutex_);
  const bool free = changed_.wait_for(
      lock, patience, [this] { return (!serving_ && offered_ == nullptr) || terminating_; });
  if (!free || terminating_) return link;
  offered_ = std::move(link);
  changed_.notify_all();
  return nullptr;
}

std::unique_ptr<ShimLink> Switchboard::TakeLink() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return offered_ != nullptr || terminating_; });
  if (terminating_) return nullptr;
  serving_ = true;
  end_.reset();
  return std::exchange(offered_, nullptr);
}

void Switchboard::EndLink(End why) {
  const std::lock_guard lock(mutex_);
  if (!end_) end_ = why;
  changed_.notify_all();
}

void Switchboard::Terminate() {
  const std::lock_guard lock(mutex_);
  terminating_ = true;
  if (!end_) end_ = End::kTerminate;
  changed_.notify_all();
}

End Switchboard::WaitForEnd() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return end_.has_value(); });
  return *end_;
}

void Switchboard::LinkDone() {
  const std::lock_guard lock(mutex_);
  serving_ = false;
  changed_.notify_all();
}

}  // namespace svidence::daemon
