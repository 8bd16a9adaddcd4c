// SPIRE's connections on their way to the daemon.
#pragma once

#include <cstddef>
#include <deque>

#include "plugin/shim/clock.h"
#include "plugin/shim/control_link.h"
#include "plugin/shim/fd.h"
#include "plugin/shim/listener.h"
#include "plugin/shim/log.h"

namespace svidence::shim {

// Accepts, and holds connections while there is no daemon to take them: at most
// kMaxHeldConnections (more are closed at once), each for kHoldConnectionMillis.
// `listener` and `log` must outlive it. Not thread-safe.
class ConnectionQueue {
 public:
  ConnectionQueue(const Listener& listener, Logger& log) : listener_(listener), log_(log) {}

  // What to poll for reading; -1 while the process is out of descriptors.
  int poll_fd(Time now) const { return now < accept_after_ ? -1 : listener_.fd(); }
  // Takes what waits at the listener.
  void Accept(Time now);
  // Passes held connections on, oldest first; keeps our copies until they have
  // arrived.
  void PassOn(ControlLink& link, Time now);
  // The `count` oldest that were passed on have arrived: closes our copies.
  void Arrived(std::size_t count);
  // The daemon is lost: what had not arrived is held for the next one.
  void TakeBack();
  // Closes what has been held for too long.
  void Expire(Time now);
  // When to call PassOn() (if there is a daemon) or Expire() again.
  Time NextDeadline() const;

  std::size_t size() const { return held_.size() + passed_.size(); }

 private:
  struct Held {
    Fd connection;
    Time until;
  };

  const Listener& listener_;
  Logger& log_;
  std::deque<Held> held_;
  std::deque<Held> passed_;  // on their way to the daemon
  Time accept_after_ = Time::min();
  Time retry_at_ = kNever;  // the daemon's socket was full
  Time refusal_logged_ = Time::min();
};

}  // namespace svidence::shim
