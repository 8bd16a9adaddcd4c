// The one thread of the shim: waits for whatever comes next and hands it on.
#pragma once

#include "plugin/shim/clock.h"
#include "plugin/shim/connection_queue.h"
#include "plugin/shim/handshake.h"
#include "plugin/shim/listener.h"
#include "plugin/shim/log.h"
#include "plugin/shim/parent_watch.h"
#include "plugin/shim/socket_dir.h"
#include "plugin/shim/supervisor.h"

namespace svidence::shim {

class EventLoop {
 public:
  // What it works on; all must outlive it.
  struct Parts {
    Supervisor& supervisor;
    ConnectionQueue& connections;
    Handshake& handshake;
    const SocketDir& dir;
    const ParentWatch& parent;
    Logger& log;
  };

  EventLoop(Parts parts, Time now);

  // Runs until SPIRE has ended the plugin or is gone, or there is no daemon at
  // the start; the daemon has been left behind or ended by then. The value is
  // the exit status.
  int Run();

 private:
  // Waits for an event or the next deadline and handles what came.
  void RunOnce();
  Time NextDeadline() const;
  void TouchDir(Time now);
  int End();

  Parts parts_;
  Time touch_at_;
};

}  // namespace svidence::shim
