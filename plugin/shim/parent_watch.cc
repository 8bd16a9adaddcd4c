#include "plugin/shim/parent_watch.h"

#include <csignal>

#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace svidence::shim {

// NOLINTBEGIN(cppcoreguidelines-pro-type-vararg): syscall(2) and prctl(2) are declared so.
ParentWatch::ParentWatch()
    : parent_(getppid()), pidfd_(static_cast<int>(syscall(SYS_pidfd_open, parent_, 0))) {
  prctl(PR_SET_PDEATHSIG, SIGCONT);
}
// NOLINTEND(cppcoreguidelines-pro-type-vararg)

bool ParentWatch::Gone() const { return getppid() != parent_; }

}  // namespace svidence::shim
