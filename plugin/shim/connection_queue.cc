#include "plugin/shim/connection_queue.h"

#include <algorithm>
#include <string>
#include <utility>

#include "plugin/shim/protocol.h"
#include "plugin/shim/result.h"

namespace svidence::shim {
namespace {

constexpr Duration kHold = std::chrono::milliseconds(kHoldConnectionMillis);
constexpr Duration kAcceptPause = std::chrono::milliseconds(100);
constexpr Duration kSendRetry = std::chrono::milliseconds(50);
constexpr Duration kRefusalLogInterval = std::chrono::seconds(1);
// One round of accepts, so that a flood does not keep us from the daemon.
constexpr int kMaxAcceptsPerRound = 16;

}  // namespace

void ConnectionQueue::Accept(Time now) {
  for (int i = 0; i < kMaxAcceptsPerRound; ++i) {
    int error = 0;
    Fd connection = listener_.Accept(error);
    if (error != 0) {
      // Out of descriptors or memory: the listener stays readable, so wait.
      accept_after_ = now + kAcceptPause;
      log_.Log(Level::kWarn, Explain("accepting a connection of SPIRE", error));
    }
    if (!connection.valid()) return;
    if (size() < kMaxHeldConnections) {
      held_.push_back({.connection = std::move(connection), .until = now + kHold});
    } else if (now - kRefusalLogInterval >= refusal_logged_) {
      refusal_logged_ = now;
      log_.Log(Level::kWarn, "closing a connection of SPIRE: " + std::to_string(size()) +
                                 " wait already for a daemon, which is the most");
    }
  }
}

void ConnectionQueue::PassOn(ControlLink& link, Time now) {
  retry_at_ = kNever;
  while (!held_.empty()) {
    const Sent sent = link.SendConnection(held_.front().connection.get());
    if (sent == Sent::kFull) retry_at_ = now + kSendRetry;
    if (sent != Sent::kYes) return;
    passed_.push_back(std::move(held_.front()));
    held_.pop_front();
  }
}

void ConnectionQueue::Arrived(std::size_t count) {
  // A daemon that counts wrongly harms only itself.
  for (; count > 0 && !passed_.empty(); --count) passed_.pop_front();
}

void ConnectionQueue::TakeBack() {
  for (; !passed_.empty(); passed_.pop_back()) held_.push_front(std::move(passed_.back()));
}

void ConnectionQueue::Expire(Time now) {
  if (now >= accept_after_) accept_after_ = Time::min();
  while (!held_.empty() && held_.front().until <= now) {
    log_.Log(Level::kWarn, "closing a connection of SPIRE: no daemon took it within " +
                               std::to_string(kHoldConnectionMillis) + " ms");
    held_.pop_front();
  }
}

Time ConnectionQueue::NextDeadline() const {
  Time next = held_.empty() ? kNever : std::min(held_.front().until, retry_at_);
  return accept_after_ == Time::min() ? next : std::min(next, accept_after_);
}

}  // namespace svidence::shim
