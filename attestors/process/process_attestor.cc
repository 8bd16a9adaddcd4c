#include "attestors/process/process_attestor.h"

#include <memory>
#include <string>
#include <utility>

#include "attestors/process/exe_path.h"
#include "attestors/process/process_owner.h"
#include "attestors/process/process_stat.h"

namespace svidence {
namespace {

// The second try is for a process that was met in the middle of its start
// (fork, then exec); one that execs without end is not worth a third.
constexpr int kTries = 2;

constexpr std::string_view kUnlinkedCause =
    "the executable has been deleted or replaced, or never had a name";

StatusOr<ProcessStat> ReadStat(const ProcessHandle& process) {
  SVIDENCE_ASSIGN_OR_RETURN(const std::string text, process.Read(ProcessText::kStat));
  StatusOr<ProcessStat> stat = ParseProcessStat(text);
  // To the parser bad text is an invalid argument. Our caller gave only a pid,
  // the kernel wrote the text: here it is a defect.
  if (!stat.ok()) return Internal(Message(stat.status()));
  if (stat->dead()) return NotFound("the process is a zombie");
  if (stat->kernel_thread()) return NotFound("the process is a kernel thread");
  return stat;
}

StatusOr<ProcessOwner> ReadOwner(const ProcessHandle& process) {
  SVIDENCE_ASSIGN_OR_RETURN(const std::string text, process.Read(ProcessText::kStatus));
  StatusOr<ProcessOwner> owner = ParseProcessOwner(text);
  if (!owner.ok()) return Internal(Message(owner.status()));
  return owner;
}

// Adds the fix to a refusal of the kernel.
Status WithFix(const Status& status) {
  if (status.code() != StatusCode::kPermissionDenied) return status;
  return PermissionDenied(Message(status) +
                          "; give the SPIRE agent CAP_SYS_PTRACE, or run it as the user of the "
                          "workload, or take exe:path and exe:sha256 out of `selectors`");
}

// True if `process` still is the program run that `stat` and `exe` were read of.
StatusOr<bool> Unchanged(const ProcessHandle& process, const ProcessStat& stat,
                         const ExeFile* exe) {
  if (exe != nullptr) {
    const StatusOr<FileId> now = process.ExeId();
    if (!now.ok()) return WithFix(now.status());
    if (*now != exe->facts().file) return false;
  }
  SVIDENCE_ASSIGN_OR_RETURN(const ProcessStat now, ReadStat(process));
  SVIDENCE_ASSIGN_OR_RETURN(const bool running, process.Running());
  if (!running) return NotFound("the process has ended");
  return now.SameProgram(stat);
}

std::string_view Cause(NoHash reason) {
  switch (reason) {
    case NoHash::kTooLarge:
      return "the executable is larger than max_exe_size";
    case NoHash::kSparse:
      return "the executable is a sparse file";
    case NoHash::kNotRegular:
      return "the executable is not a regular file";
    case NoHash::kUserFileSystem:
      return "the executable lies on a FUSE file system, which may show each reader another "
             "content";
  }
  return "the executable cannot be hashed";
}

std::optional<std::string> NameOrWithhold(std::string_view kind,
                                          StatusOr<std::optional<std::string>> name,
                                          ProcessFacts& facts) {
  if (name.ok()) return *std::move(name);
  facts.withheld.push_back(
      {.kind = kind, .cause = "the name could not be looked up", .detail = Message(name.status())});
  return std::nullopt;
}

}  // namespace

StatusOr<std::optional<ProcessFacts>> ProcessAttestor::Attest(Pid pid,
                                                              const std::stop_token& stop) const {
  const StatusOr<std::unique_ptr<ProcessHandle>> process = ports_.source.Open(pid);
  if (process.status().code() == StatusCode::kNotFound) return std::nullopt;
  if (!process.ok()) return process.status();

  for (int i = 0; i < kTries; ++i) {
    StatusOr<std::optional<ProcessFacts>> facts = ReadOnce(pid, **process, stop);
    if (facts.status().code() == StatusCode::kNotFound) return std::nullopt;
    if (!facts.ok() || facts->has_value()) return facts;
  }
  return Unavailable("process " + std::to_string(pid.value()) +
                     " executed another program while it was read, " + std::to_string(kTries) +
                     " times in a row");
}

StatusOr<std::optional<ProcessFacts>> ProcessAttestor::ReadOnce(Pid pid,
                                                                const ProcessHandle& process,
                                                                const std::stop_token& stop) const {
  SVIDENCE_ASSIGN_OR_RETURN(const ProcessStat stat, ReadStat(process));
  std::unique_ptr<ExeFile> exe;
  if (settings_.wanted.exe()) {
    StatusOr<std::unique_ptr<ExeFile>> opened = process.OpenExe();
    if (!opened.ok()) return WithFix(opened.status());
    exe = *std::move(opened);
  }
  SVIDENCE_ASSIGN_OR_RETURN(ProcessFacts facts, ReadFacts(process, exe.get(), stop));
  SVIDENCE_ASSIGN_OR_RETURN(const bool unchanged, Unchanged(process, stat, exe.get()));
  if (!unchanged) return std::nullopt;
  if (settings_.wanted.instance) {
    facts.instance = InstanceId(ports_.hasher, ports_.source.host(), pid, stat.start_ticks);
  }
  return facts;
}

StatusOr<ProcessFacts> ProcessAttestor::ReadFacts(const ProcessHandle& process, const ExeFile* exe,
                                                  const std::stop_token& stop) const {
  const WantedFacts& wanted = settings_.wanted;
  ProcessFacts facts;
  ProcessOwner owner;
  if (wanted.owner()) {
    SVIDENCE_ASSIGN_OR_RETURN(owner, ReadOwner(process));
  }
  if (wanted.exe_sha256) SVIDENCE_RETURN_IF_ERROR(AddHash(*exe, owner.uid, stop, facts));
  if (wanted.exe_path) SVIDENCE_RETURN_IF_ERROR(AddPath(process, *exe, facts));
  if (wanted.uid) facts.uid = owner.uid;
  if (wanted.gid) facts.gid = owner.gid;
  if (wanted.user) {
    facts.user = NameOrWithhold(kUserSelector, ports_.names.UserName(owner.uid, stop), facts);
  }
  if (wanted.group) {
    facts.group = NameOrWithhold(kGroupSelector, ports_.names.GroupName(owner.gid, stop), facts);
  }
  // What was given up because nobody waits must not be taken for withheld.
  if (stop.stop_requested()) return DeadlineExceeded("the caller of Attest no longer waits");
  return facts;
}

Status ProcessAttestor::AddHash(const ExeFile& exe, std::uint32_t uid, const std::stop_token& stop,
                                ProcessFacts& facts) const {
  if (exe.facts().unlinked) {
    facts.withheld.push_back({.kind = kExeSha256Selector, .cause = kUnlinkedCause, .detail = ""});
    return OkStatus();
  }
  SVIDENCE_ASSIGN_OR_RETURN(const ExeHash hash,
                            exe.Hash({.max_bytes = settings_.max_exe_bytes, .uid = uid}, stop));
  if (const auto* digest = std::get_if<Digest>(&hash)) {
    facts.exe_sha256 = *digest;
  } else {
    facts.withheld.push_back(
        {.kind = kExeSha256Selector,
         .cause = Cause(std::get<NoHash>(hash)),
         .detail = "max_exe_size is " + std::to_string(settings_.max_exe_bytes) + " bytes"});
  }
  return OkStatus();
}

// The workload's mounts decide what a path means: without the hash of the file
// beside it, it is given only if they are our mounts, too.
Status ProcessAttestor::AddPath(const ProcessHandle& process, const ExeFile& exe,
                                ProcessFacts& facts) {
  const auto withhold = [&facts](std::string_view cause) {
    facts.withheld.push_back({.kind = kExePathSelector, .cause = cause, .detail = ""});
    return OkStatus();
  };
  if (exe.facts().unlinked) return withhold(kUnlinkedCause);
  if (const auto problem = ExePathProblem(exe.facts().link)) return withhold(*problem);
  if (!facts.exe_sha256.has_value()) {
    const StatusOr<bool> ours = process.SharesMountNamespace();
    if (!ours.ok()) return WithFix(ours.status());
    if (!*ours) {
      return withhold("the process is in a mount namespace of its own and exe:sha256 is not given");
    }
  }
  facts.exe_path = exe.facts().link;
  return OkStatus();
}

}  // namespace svidence
