// ProcessSource over pidfds and procfs.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "attestors/base/status.h"
#include "attestors/process/process_source.h"
#include "plugin/adapters/linux/exe_hash_cache.h"
#include "plugin/adapters/linux/unique_fd.h"

namespace svidence::linux_os {

// A process is held by a pidfd and by its directory in procfs, opened in this
// order; everything is then read below that directory. While the pidfd says
// that the process runs, the directory is that process's; once it is gone,
// reads below it fail, also when another process has got the number.
//
// Thread-safe.
class ProcfsProcessSource final : public ProcessSource {
 public:
  // `root` is where procfs is mounted, without a trailing slash; `hashes` must
  // outlive this object.
  //
  // Errors: FailedPrecondition if `root` is no procfs, or one of another PID
  //         namespace than ours: pids would name other processes there.
  //         Unavailable if the kernel's names for boot and namespaces cannot
  //         be read.
  static StatusOr<std::unique_ptr<ProcfsProcessSource>> Open(std::string root,
                                                             ExeHashCache& hashes);

  StatusOr<std::unique_ptr<ProcessHandle>> Open(Pid pid) const override;
  const HostIds& host() const override { return host_; }

 private:
  ProcfsProcessSource(std::string root, UniqueFd self_fds, ExeHashCache& hashes, HostIds host,
                      FileId mount_namespace)
      : root_(std::move(root)),
        self_fds_(std::move(self_fds)),
        hashes_(hashes),
        host_(std::move(host)),
        mount_namespace_(mount_namespace) {}

  const std::string root_;
  const UniqueFd self_fds_;  // <root>/self/fd
  ExeHashCache& hashes_;
  const HostIds host_;
  const FileId mount_namespace_;
};

}  // namespace svidence::linux_os
