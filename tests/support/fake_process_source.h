// Processes on a table, in place of procfs, with faults.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "attestors/process/process_owner.h"
#include "attestors/process/process_source.h"
#include "attestors/process/process_stat.h"

namespace svidence::testing {

struct FakeProcess {
  std::string command = "x";
  ProcessStat stat{
      .state = 'S', .flags = 0, .start_ticks = 4711, .start_code = 0x1000, .start_stack = 0x7f00};
  ProcessOwner owner{.uid = 1000, .gid = 100};
  ExeFacts exe{.file = {.device = 8, .inode = 15}, .unlinked = false, .link = "/usr/bin/agent"};
  ExeHash hash = Digest{0xab};
  bool has_exe = true;
  bool running = true;
  bool shares_mount_namespace = true;
  // Instead of the text that `stat` gives.
  std::optional<std::string> stat_text = std::nullopt;
  std::optional<std::string> status_text = std::nullopt;
};

// Thread-safe once it is set up.
class FakeProcessSource final : public ProcessSource {
 public:
  enum class Call { kOpen, kRunning, kStat, kStatus, kOpenExe, kExeId, kHash, kMounts };
  // `count` is the how-manieth of such calls it is, from 1. May change the
  // process: what the call then gives is what the process has become.
  using Hook = std::function<void(Call call, int count, FakeProcess& process)>;

  void Add(std::int32_t pid, FakeProcess process) { table_->processes[pid] = std::move(process); }
  // From now on each call of that kind gives `error`.
  void FailOn(Call call, Status error) { table_->faults[call] = std::move(error); }
  void BeforeEach(Hook hook) { table_->hook = std::move(hook); }
  int Count(Call call) const {
    const std::scoped_lock lock(table_->mutex);
    return table_->counts[call];
  }

  StatusOr<std::unique_ptr<ProcessHandle>> Open(Pid pid) const override {
    const auto found = table_->processes.find(pid.value());
    if (found == table_->processes.end() || found->second.stat.dead()) {
      return NotFound("no process " + std::to_string(pid.value()));
    }
    SVIDENCE_RETURN_IF_ERROR(table_->Enter(Call::kOpen, found->second));
    return std::make_unique<Handle>(*table_, found->second);
  }

  const HostIds& host() const override { return host_; }

 private:
  struct Table {
    Status Enter(Call call, FakeProcess& process) {
      const std::scoped_lock lock(mutex);
      const int count = ++counts[call];
      if (hook) hook(call, count, process);
      const auto fault = faults.find(call);
      return fault == faults.end() ? OkStatus() : fault->second;
    }

    std::mutex mutex;
    std::map<std::int32_t, FakeProcess> processes;
    std::map<Call, Status> faults;
    std::map<Call, int> counts;
    Hook hook;
  };

  class Exe final : public ExeFile {
   public:
    Exe(Table& table, FakeProcess& process)
        : table_(table), process_(process), facts_(process.exe), hash_(process.hash) {}

    const ExeFacts& facts() const override { return facts_; }
    StatusOr<ExeHash> Hash(const HashRequest& request, std::stop_token stop) const override {
      SVIDENCE_RETURN_IF_ERROR(table_.Enter(Call::kHash, process_));
      if (stop.stop_requested()) return DeadlineExceeded("stop was requested");
      if (request.max_bytes == 0) return ExeHash(NoHash::kTooLarge);
      return hash_;
    }

   private:
    Table& table_;
    FakeProcess& process_;
    const ExeFacts facts_;
    const ExeHash hash_;
  };

  class Handle final : public ProcessHandle {
   public:
    Handle(Table& table, FakeProcess& process) : table_(table), process_(process) {}

    StatusOr<bool> Running() const override {
      SVIDENCE_RETURN_IF_ERROR(table_.Enter(Call::kRunning, process_));
      return process_.running;
    }
    StatusOr<std::string> Read(ProcessText text) const override {
      const bool stat = text == ProcessText::kStat;
      SVIDENCE_RETURN_IF_ERROR(table_.Enter(stat ? Call::kStat : Call::kStatus, process_));
      if (!process_.running) return NotFound("the process is gone");
      return stat ? StatText() : StatusText();
    }
    StatusOr<std::unique_ptr<ExeFile>> OpenExe() const override {
      SVIDENCE_RETURN_IF_ERROR(table_.Enter(Call::kOpenExe, process_));
      if (!process_.running || !process_.has_exe) return NotFound("no executable");
      return std::make_unique<Exe>(table_, process_);
    }
    StatusOr<FileId> ExeId() const override {
      SVIDENCE_RETURN_IF_ERROR(table_.Enter(Call::kExeId, process_));
      if (!process_.running || !process_.has_exe) return NotFound("no executable");
      return process_.exe.file;
    }
    StatusOr<bool> SharesMountNamespace() const override {
      SVIDENCE_RETURN_IF_ERROR(table_.Enter(Call::kMounts, process_));
      return process_.shares_mount_namespace;
    }

   private:
    std::string StatText() const {
      if (process_.stat_text) return *process_.stat_text;
      const ProcessStat& stat = process_.stat;
      return "7 (" + process_.command + ") " + stat.state + " 1 7 7 0 -1 " +
             std::to_string(stat.flags) + " 1 2 3 4 5 6 7 8 20 0 1 0 " +
             std::to_string(stat.start_ticks) + " 9 10 11 " + std::to_string(stat.start_code) +
             " 12 " + std::to_string(stat.start_stack) + " 0\n";
    }
    std::string StatusText() const {
      if (process_.status_text) return *process_.status_text;
      const std::string uid = std::to_string(process_.owner.uid);
      const std::string gid = std::to_string(process_.owner.gid);
      return "Name:\t" + process_.command + "\nUmask:\t0022\nUid:\t0\t" + uid + "\t0\t" + uid +
             "\nGid:\t0\t" + gid + "\t0\t" + gid + "\nFDSize:\t64\n";
    }

    Table& table_;
    FakeProcess& process_;
  };

  std::unique_ptr<Table> table_ = std::make_unique<Table>();
  HostIds host_{.boot_id = "0f24d3f3-3a0b-4c5e-8d2a-0d1c2b3a4f5e", .pid_namespace = 4026531836};
};

}  // namespace svidence::testing
