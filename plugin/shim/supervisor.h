// The life of the daemons behind one plugin: which is there, is it ready, when
// does the next one start.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "plugin/shim/backoff.h"
#include "plugin/shim/clock.h"
#include "plugin/shim/control_link.h"
#include "plugin/shim/daemon.h"
#include "plugin/shim/fd.h"
#include "plugin/shim/log.h"
#include "plugin/shim/result.h"

namespace svidence::shim {

// A state machine that is told what happened and never waits. Not thread-safe.
//
//   kDown --Start--> kStarting --kReady--> kReady --lost--> kEnding --dead--> kDown
class Supervisor {
 public:
  struct Settings {
    std::string_view plugin_type;  // must outlive the supervisor
    Duration ready_timeout;
  };
  enum class Verdict {
    kGoOn,
    kShutdown,  // the host has ended the plugin
    kGiveUp,    // no daemon was ready at the start: reason()
  };

  // `daemon` and `log` must outlive it. `now` starts the time to be ready.
  Supervisor(Settings settings, Daemon& daemon, Logger& log, Time now);

  // What to poll for reading; -1 where there is nothing.
  int control_fd() const { return link_ ? link_->fd() : -1; }
  int death_fd() const { return daemon_.death_fd(); }

  void OnControl(Time now);
  void OnDeath(Time now);
  // Starts, kills and gives up when it is time.
  void OnTime(Time now);
  Time NextDeadline() const;
  // This process has not run for `pause` (stopped, frozen): neither may the
  // daemon have, so that its silence counts from now on.
  void Forgive(Duration pause);

  // Connections that the daemon has said to have, since the last call.
  std::size_t CountTaken() { return std::exchange(taken_, 0); }

  // The link to a daemon that takes connections, or null.
  ControlLink* ready_link() { return phase_ == Phase::kReady ? &*link_ : nullptr; }
  bool was_ready() const { return was_ready_; }
  Verdict verdict() const { return verdict_; }
  const std::string& reason() const { return reason_; }

  // SPIRE is going, or the shim gives up: the daemon goes too if it is ours.
  void Leave();

 private:
  enum class Phase { kDown, kStarting, kReady, kEnding };

  void Start(Time now);
  void Handle(LinkEvent event, Time now);
  void BecomeReady(Time now);
  // The link is of no use any more; a daemon of ours gets `grace` to end by itself.
  void Lose(Error why, Duration grace, Time now);
  // No daemon is left. Permanent errors count before any daemon was ready.
  void GoDown(const Error& why, Time now);
  Time SilenceDeadline() const;

  const Settings settings_;
  Daemon& daemon_;
  Logger& log_;
  Backoff backoff_;
  Phase phase_ = Phase::kDown;
  std::optional<ControlLink> link_;  // in kStarting and kReady
  Fd state_;                         // what the last daemon saved

  Time give_up_at_;             // before any daemon was ready
  Time start_at_;               // kDown
  Time started_at_{};           // kStarting, kReady
  std::optional<Time> heard_;   // the last word of this daemon
  std::optional<Time> served_;  // since when it is ready
  Time kill_at_ = kNever;       // kEnding

  std::size_t taken_ = 0;
  std::string lost_why_;  // kEnding
  std::string reason_;
  bool was_ready_ = false;
  Verdict verdict_ = Verdict::kGoOn;
};

}  // namespace svidence::shim
