// Ports: where facts about processes come from.
//
// Implemented over procfs by plugin/adapters/linux, over a table by
// tests/support; tests/integration holds both to the same contract.
#pragma once

#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>
#include <variant>

#include "attestors/base/digest.h"
#include "attestors/base/status.h"
#include "attestors/process/instance_id.h"
#include "attestors/process/pid.h"

namespace svidence {

// One file, whichever name leads to it.
struct FileId {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;

  friend bool operator==(const FileId&, const FileId&) = default;
};

struct ExeFacts {
  FileId file;
  // No name leads to the file any more: deleted, replaced, or never had one
  // (memfd).
  bool unlinked = false;
  // The text of the link, as the kernel gives it; see ExePathProblem().
  std::string link;
};

// Why a file has no hash that could be relied on. Lasting: the same file will
// have none at the next call either.
enum class NoHash {
  kTooLarge,        // above HashRequest::max_bytes
  kSparse,          // mostly holes: costs its owner nothing, and us much
  kNotRegular,      // a device, a pipe
  kUserFileSystem,  // FUSE: what we read need not be what was executed
};

using ExeHash = std::variant<Digest, NoHash>;

struct HashRequest {
  std::uint64_t max_bytes = 0;
  // The user whose process causes the work: nobody may take all of the workers.
  std::uint32_t uid = 0;
};

// The executable of a process, held open: stays the same file whatever the
// process and the file system do.
class ExeFile {
 public:
  virtual ~ExeFile() = default;

  virtual const ExeFacts& facts() const = 0;

  // SHA-256 of the content. Waits for it until `stop` is requested; the work
  // itself goes on, so that a later call finds it done.
  //
  // Errors: DeadlineExceeded if `stop` came first; ResourceExhausted if the
  //         queue, or this user's part of it, is full; Unavailable if the file
  //         changed while it was read; PermissionDenied; Internal.
  virtual StatusOr<ExeHash> Hash(const HashRequest& request, std::stop_token stop) const = 0;
};

enum class ProcessText { kStat, kStatus };

// One process, held so that its PID cannot come to mean another one. All
// methods: NotFound once it is gone, PermissionDenied if the kernel refuses,
// Internal on any other failure. Used by one thread at a time.
class ProcessHandle {
 public:
  virtual ~ProcessHandle() = default;

  // False once all its threads have ended, also while it is a zombie.
  virtual StatusOr<bool> Running() const = 0;

  // kStat: the whole line. kStatus: the first 4 KiB at least, which hold what
  // ParseProcessOwner() reads.
  virtual StatusOr<std::string> Read(ProcessText text) const = 0;

  // NotFound also for what has no executable, as a kernel thread.
  virtual StatusOr<std::unique_ptr<ExeFile>> OpenExe() const = 0;
  // Which file the process executes now.
  virtual StatusOr<FileId> ExeId() const = 0;

  // True if paths mean to the process what they mean to us.
  virtual StatusOr<bool> SharesMountNamespace() const = 0;
};

// Thread-safe.
class ProcessSource {
 public:
  virtual ~ProcessSource() = default;

  // Errors: NotFound if there is no such process, if it is a zombie, or if the
  //         number names a thread; PermissionDenied if procfs hides it.
  virtual StatusOr<std::unique_ptr<ProcessHandle>> Open(Pid pid) const = 0;

  virtual const HostIds& host() const = 0;
};

}  // namespace svidence
