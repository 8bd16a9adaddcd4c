#include "plugin/adapters/grpc/call_set.h"

#include <condition_variable>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

namespace svidence {

// Shared with the callbacks, the last of which returns after the set's end. It
// holds no call by then.
struct CallSet::State {
  std::mutex mutex;
  std::condition_variable changed;
  std::map<const PendingCall*, std::unique_ptr<PendingCall>> running;
  // Over, but perhaps still in their callback: destroyed by others, later.
  std::vector<std::unique_ptr<PendingCall>> over;

  void End(const PendingCall* call) {
    const std::lock_guard lock(mutex);
    const auto at = running.find(call);
    over.push_back(std::move(at->second));
    running.erase(at);
    changed.notify_all();
  }
};

CallSet::CallSet(std::size_t max_calls)
    : max_calls_(max_calls), state_(std::make_shared<State>()) {}

CallSet::~CallSet() {
  std::vector<std::unique_ptr<PendingCall>> over;
  std::unique_lock lock(state_->mutex);
  for (const auto& [key, call] : state_->running) call->context.TryCancel();
  state_->changed.wait(lock, [this] { return state_->running.empty(); });
  over.swap(state_->over);
}

std::optional<CallSet::Done> CallSet::Add(std::unique_ptr<PendingCall> call,
                                          std::function<void(const grpc::Status&)> ended) {
  std::vector<std::unique_ptr<PendingCall>> over;  // destroyed without the lock
  const std::lock_guard lock(state_->mutex);
  over.swap(state_->over);
  if (state_->running.size() >= max_calls_) return std::nullopt;
  const PendingCall* const key = call.get();
  state_->running.emplace(key, std::move(call));
  return [key, state = state_, ended = std::move(ended)](const grpc::Status& status) {
    ended(status);
    state->End(key);
  };
}

}  // namespace svidence
