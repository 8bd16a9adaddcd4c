#include "plugin/core/ledger/mark_keeper.h"

#include <condition_variable>
#include <stop_token>
#include <utility>

namespace svidence::ledger {

MarkKeeper::MarkKeeper(MarkStore& marks, LogIdentity identity, std::function<Head()> durable_head,
                       std::chrono::milliseconds interval)
    : marks_(marks),
      identity_(std::move(identity)),
      durable_head_(std::move(durable_head)),
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
  return marked_.size;
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
  const Head head = durable_head_();
  // Only this thread writes marked_; reading it needs no lock here.
  if (head.size == 0 || head == marked_) return;
  const Status written = marks_.Write(FormatMark(MarkOf(identity_, head)));
  const std::lock_guard lock(mutex_);
  trouble_ = Message(written);
  if (written.ok()) marked_ = head;
}

}  // namespace svidence::ledger
