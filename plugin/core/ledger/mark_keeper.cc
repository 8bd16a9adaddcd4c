#include "plugin/core/ledger/mark_keeper.h"

#include <condition_variable>
#include <stop_token>
#include <utility>

namespace svidence::ledger {

MarkKeeper::MarkKeeper(MarkStore& marks, LogIdentity identity, std::string checkpoint,
                       std::function<Durable()> durable, std::chrono::milliseconds interval)
    : marks_(marks),
      identity_(std::move(identity)),
      first_checkpoint_(std::move(checkpoint)),
      durable_(std::move(durable)),
      interval_(interval),
      thread_([this](const std::stop_token& stop) { Run(stop); }) {}

MarkKeeper::~MarkKeeper() {
  thread_.request_stop();
  thread_.join();
}

std::string MarkKeeper::trouble() const {
  const std::lock_guard lock(mutex_);
  return trouble_;
}

EntryIndex MarkKeeper::marked() const {
  const std::lock_guard lock(mutex_);
  return marked_.head.size;
}

void MarkKeeper::Run(const std::stop_token& stop) {
  std::mutex unshared;
  std::condition_variable_any tick;
  while (!stop.stop_requested()) {
    WriteIfMoved();
    std::unique_lock lock(unshared);
    tick.wait_for(lock, stop, interval_, [] { return false; });
  }
  WriteIfMoved();
}

void MarkKeeper::WriteIfMoved() {
  Durable now = durable_();
  if (now.checkpoint.empty()) now.checkpoint = first_checkpoint_;
  // Only this thread writes marked_; reading it needs no lock here.
  if (now.head.size == 0 || now == marked_) return;
  const Status written = marks_.Write(FormatMark(MarkOf(identity_, now.head, now.checkpoint)));
  const std::lock_guard lock(mutex_);
  trouble_ = Message(written);
  if (written.ok()) marked_ = std::move(now);
}

}  // namespace svidence::ledger
