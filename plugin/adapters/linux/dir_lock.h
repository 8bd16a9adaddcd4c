// One process at a time works in a directory.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "attestors/base/status.h"
#include "plugin/adapters/linux/unique_fd.h"

namespace svidence::linux_os {

// Holds `<dir>/lock` by flock(2) until destroyed or until the process ends, by
// whatever death. Movable.
class DirLock {
 public:
  // Makes the lock file if there is none and waits up to `wait_millis` for
  // whoever holds it.
  //
  // Errors: FailedPrecondition if it is still held, with the holder's pid;
  //         those of ErrnoStatus.
  static StatusOr<DirLock> Acquire(const std::string& dir, std::int64_t wait_millis);

  // The pid written into the lock file of `dir` if a process holds it now, else
  // 0. The answer may be stale when it arrives.
  // Errors: those of ErrnoStatus, NotFound if there is no lock file.
  static StatusOr<std::int64_t> Holder(const std::string& dir);

 private:
  explicit DirLock(UniqueFd fd) : fd_(std::move(fd)) {}

  UniqueFd fd_;
};

}  // namespace svidence::linux_os
