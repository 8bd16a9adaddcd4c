// What /proc/<pid>/stat says that tells one process, and one program in it,
// from another.
//
// A PID alone does not name a workload: it can be reused between the moment a
// caller connects and the moment we look. PID and start time together do.
// execve(2) keeps both; it moves the stack and, mostly, the code.
#pragma once

#include <cstdint>
#include <string_view>

#include "attestors/base/status.h"

namespace svidence {

struct ProcessStat {
  // 'R' running, 'S' sleeping, 'T' stopped, 'Z' zombie, ...
  char state = '?';
  // PF_* bits; see kKernelThreadFlag.
  std::uint32_t flags = 0;
  // Clock ticks since boot, sysconf(_SC_CLK_TCK) a second. Kept in ticks:
  // converting to wall-clock time loses the exactness that comparing needs.
  std::uint64_t start_ticks = 0;
  // Addresses of the program's code and stack; 0 if the reader may not trace
  // the process. With address randomisation on, an exec changes them.
  std::uint64_t start_code = 0;
  std::uint64_t start_stack = 0;

  // A zombie keeps its number and its stat line, but nothing runs in it.
  bool dead() const { return state == 'Z' || state == 'X' || state == 'x'; }
  bool kernel_thread() const;
  // True if `other`, read earlier or later, is the same program run.
  bool SameProgram(const ProcessStat& other) const {
    return start_ticks == other.start_ticks && start_code == other.start_code &&
           start_stack == other.start_stack;
  }

  friend bool operator==(const ProcessStat&, const ProcessStat&) = default;
};

// PF_KTHREAD. Source: the kernel's include/linux/sched.h.
constexpr std::uint32_t kKernelThreadFlag = 0x00200000;

// Reads fields 3, 9, 22, 26 and 28 of one /proc/<pid>/stat line.
//
// Field 2, the command name, is in parentheses, and the process chooses it: it
// may hold spaces, ')' and newlines. Fields are therefore counted from the
// last ')'.
//
// Errors: InvalidArgument if there is no ')', if a field is missing or empty,
//         or if one of the numbers is not decimal or does not fit.
// Source: proc_pid_stat(5).
StatusOr<ProcessStat> ParseProcessStat(std::string_view stat);

}  // namespace svidence
