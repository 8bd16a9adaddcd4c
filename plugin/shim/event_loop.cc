#include "plugin/shim/event_loop.h"

#include <algorithm>
#include <array>
#include <string>

#include <poll.h>

namespace svidence::shim {
namespace {

using std::chrono::milliseconds;

// How often Gone() is asked where no descriptor tells.
constexpr Duration kParentCheck = std::chrono::seconds(1);
// Waking later than asked by more than this means that this process was stopped.
constexpr Duration kPause = std::chrono::seconds(2);
// Tmp cleaners go by days.
constexpr Duration kTouchInterval = std::chrono::hours(1);

int MillisUntil(Time deadline, Time now) {
  if (deadline <= now) return 0;
  // Up, so that waking means that the deadline has passed.
  return static_cast<int>(std::chrono::ceil<milliseconds>(deadline - now).count());
}

}  // namespace

EventLoop::EventLoop(Parts parts, Time now) : parts_(parts), touch_at_(now + kTouchInterval) {}

int EventLoop::Run() {
  while (parts_.supervisor.verdict() == Supervisor::Verdict::kGoOn && !parts_.parent.Gone()) {
    RunOnce();
  }
  return End();
}

void EventLoop::RunOnce() {
  Supervisor& supervisor = parts_.supervisor;
  const Time before = Clock::now();
  const Time deadline = std::min(NextDeadline(), before + kParentCheck);
  const auto poll_for = [](int fd) { return pollfd{.fd = fd, .events = POLLIN, .revents = 0}; };
  std::array<pollfd, 4> waits = {poll_for(supervisor.control_fd()), poll_for(supervisor.death_fd()),
                                 poll_for(parts_.connections.poll_fd(before)),
                                 poll_for(parts_.parent.fd())};
  const int count = poll(waits.data(), waits.size(), MillisUntil(deadline, before));

  const Time now = Clock::now();
  if (now - deadline > kPause) supervisor.Forgive(now - deadline);
  // In this order: what the daemon said before it died; then its death, so that
  // no connection is passed to it; then connections.
  if (count > 0 && waits[0].revents != 0) supervisor.OnControl(now);
  if (count > 0 && waits[1].revents != 0) supervisor.OnDeath(now);
  if (count > 0 && waits[2].revents != 0) parts_.connections.Accept(now);
  supervisor.OnTime(now);
  parts_.connections.Arrived(supervisor.CountTaken());
  if (supervisor.ready_link() == nullptr) parts_.connections.TakeBack();
  if (ControlLink* const link = supervisor.ready_link(); link != nullptr) {
    parts_.handshake.Announce(parts_.dir.socket_path());
    parts_.connections.PassOn(*link, now);
  }
  parts_.connections.Expire(now);
  TouchDir(now);
}

Time EventLoop::NextDeadline() const {
  return std::min({parts_.supervisor.NextDeadline(), parts_.connections.NextDeadline(), touch_at_});
}

void EventLoop::TouchDir(Time now) {
  if (now < touch_at_) return;
  touch_at_ = now + kTouchInterval;
  if (parts_.dir.Touch()) return;
  parts_.log.Log(Level::kError,
                 "the plugin's socket " + Quote(parts_.dir.socket_path()) +
                     " was removed: SPIRE cannot connect again; exclude it from tmp cleaning, or "
                     "set RUNTIME_DIRECTORY for SPIRE, and restart SPIRE");
}

int EventLoop::End() {
  const bool gave_up = parts_.supervisor.verdict() == Supervisor::Verdict::kGiveUp;
  if (gave_up) parts_.log.LogLast(Level::kError, parts_.supervisor.reason());
  parts_.supervisor.Leave();
  return gave_up ? 1 : 0;
}

}  // namespace svidence::shim
