#include "plugin/core/ledger/index/index_keeper.h"

#include <condition_variable>
#include <memory>
#include <optional>
#include <stop_token>
#include <utility>

namespace svidence::ledger {
namespace {

constexpr std::int64_t kPatienceMillis = 10'000;

}  // namespace

IndexKeeper::IndexKeeper(const Ports& ports, IndexSettings settings, std::chrono::milliseconds tick)
    : ports_(ports),
      tick_(tick),
      follower_(ports.store, ports.hasher, ports.clock, std::move(settings)),
      thread_([this](const std::stop_token& stop) { Run(stop); }) {}

IndexKeeper::~IndexKeeper() {
  thread_.request_stop();
  thread_.join();
}

IndexStats IndexKeeper::Stats() const {
  const std::lock_guard lock(mutex_);
  return stats_;
}

void IndexKeeper::Run(const std::stop_token& stop) {
  std::mutex unshared;
  std::condition_variable_any tick;
  while (!stop.stop_requested()) {
    const Status stepped = Step(stop);
    Note(stepped);
    // A damaged or overgrown ledger has no index; everything else is tried again.
    if (stepped.code() == StatusCode::kDataLoss ||
        stepped.code() == StatusCode::kResourceExhausted) {
      return;
    }
    std::unique_lock lock(unshared);
    tick.wait_for(lock, stop, tick_, [] { return false; });
  }
}

Status IndexKeeper::Step(const std::stop_token& stop) {
  const EntryIndex end = ports_.committer.Stats().head.size;
  bool there = false;
  while (!there) {
    if (stop.stop_requested()) return OkStatus();
    SVIDENCE_ASSIGN_OR_RETURN(there, follower_.Follow(end));
    Note(OkStatus());
  }
  return AppendIfDue();
}

Status IndexKeeper::AppendIfDue() {
  SVIDENCE_ASSIGN_OR_RETURN(std::optional<EntryDraft> draft, follower_.Due());
  if (!draft) return OkStatus();
  follower_.Asked();
  // Nobody waits for the answer: the entry is seen when the ledger is read on.
  ports_.committer.Submit(
      {.make = [draft = std::move(*draft)] { return StatusOr<EntryDraft>(draft); },
       .done = [](const StatusOr<AppendResult>&) {},
       .deadline_millis = ports_.clock.MonotonicMillis() + kPatienceMillis});
  return OkStatus();
}

void IndexKeeper::Note(const Status& status) {
  const std::lock_guard lock(mutex_);
  stats_.covered = follower_.covered();
  stats_.subjects = follower_.subjects();
  stats_.trouble = Message(status);
}

}  // namespace svidence::ledger
