// Turns what the kernel says of a process into facts, or into nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <stop_token>

#include "attestors/base/digest.h"
#include "attestors/base/status.h"
#include "attestors/process/name_directory.h"
#include "attestors/process/pid.h"
#include "attestors/process/process_facts.h"
#include "attestors/process/process_source.h"

namespace svidence {

struct ProcessAttestorSettings {
  WantedFacts wanted;
  std::uint64_t max_exe_bytes = 0;
};

// Thread-safe.
class ProcessAttestor {
 public:
  // Must outlive this object.
  struct Ports {
    const ProcessSource& source;
    const NameDirectory& names;
    const Hasher& hasher;
  };

  ProcessAttestor(Ports ports, ProcessAttestorSettings settings)
      : ports_(ports), settings_(settings) {}

  // The facts about `pid`; nullopt if it is not a process to be attested:
  // vanished, a zombie, a thread, a kernel thread.
  //
  // All facts are of one program run. The process is held first, read, and
  // looked at again: if it has executed something in between, everything is
  // read once more; if that happens again, it is an error.
  //
  // Errors: PermissionDenied, with the fix, if the kernel refuses a wanted
  //         fact; Unavailable if the process or its file would not hold still;
  //         DeadlineExceeded on a request of `stop`; ResourceExhausted;
  //         Internal. Never some of the facts: a directory of names that does
  //         not answer is the one exception, as the ids say the same.
  StatusOr<std::optional<ProcessFacts>> Attest(Pid pid, const std::stop_token& stop) const;

 private:
  // nullopt: the process has executed something meanwhile.
  StatusOr<std::optional<ProcessFacts>> ReadOnce(Pid pid, const ProcessHandle& process,
                                                 const std::stop_token& stop) const;
  StatusOr<ProcessFacts> ReadFacts(const ProcessHandle& process, const ExeFile* exe,
                                   const std::stop_token& stop) const;
  Status AddHash(const ExeFile& exe, std::uint32_t uid, const std::stop_token& stop,
                 ProcessFacts& facts) const;
  static Status AddPath(const ProcessHandle& process, const ExeFile& exe, ProcessFacts& facts);

  const Ports ports_;
  const ProcessAttestorSettings settings_;
};

}  // namespace svidence
