// Is SPIRE still there? A plugin whose SPIRE died is of no use, and its daemon
// would hold locks that the next one needs.
#pragma once

#include <sys/types.h>

#include "plugin/shim/fd.h"

namespace svidence::shim {

class ParentWatch {
 public:
  // Watches the process that is the parent now.
  //
  // SPIRE has asked for SIGKILL at its death; this asks for SIGCONT instead. By
  // that a shim that is stopped runs again and sees what happened, one that
  // runs is told by fd(), and both end their daemon and remove their socket. Go
  // also sends the signal when only the thread that forked ends
  // (golang/go#27505), which must not end a plugin.
  ParentWatch();

  // Readable once the parent is dead; -1 where the kernel cannot tell (a parent
  // in another PID namespace): ask Gone() now and then.
  int fd() const { return pidfd_.get(); }
  bool Gone() const;

 private:
  pid_t parent_;
  Fd pidfd_;
};

}  // namespace svidence::shim
