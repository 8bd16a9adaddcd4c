// The high-water mark on a SimulatedDisk, written as adapters/linux does it.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "plugin/core/ledger/high_water.h"
#include "tests/support/simulated_disk/disk.h"

namespace svidence::testing {

// Temporary file, sync, rename, sync of the directory.
class SimulatedMarkStore final : public ledger::MarkStore {
 public:
  SimulatedMarkStore(SimulatedDisk& disk, std::string name) : disk_(disk), name_(std::move(name)) {}

  // A bug to plant: renames what was never synced.
  void SkipSync() { skips_sync_ = true; }

  StatusOr<std::string> Read() override {
    const std::shared_ptr<SimulatedFile> file = disk_.Find(name_);
    if (file == nullptr) return NotFound("there is no mark");
    return disk_.Read(*file, 0, ledger::kMaxMarkBytes + 1);
  }

  Status Write(std::string_view text) override {
    const std::string temporary = name_ + ".tmp";
    SVIDENCE_RETURN_IF_ERROR(Remove(temporary));
    std::shared_ptr<SimulatedFile> file;
    SVIDENCE_RETURN_IF_ERROR(Told(disk_.Create(temporary, file)));
    SVIDENCE_RETURN_IF_ERROR(Told(disk_.Write(temporary, *file, 0, text)));
    if (!skips_sync_) SVIDENCE_RETURN_IF_ERROR(Told(disk_.Sync(temporary, *file)));
    SVIDENCE_RETURN_IF_ERROR(Told(disk_.Rename(temporary, name_)));
    return Told(disk_.SyncDirectory());
  }

  std::string Where() const override { return name_; }

 private:
  static Status Told(DiskFault fault) {
    if (fault == DiskFault::kNone) return OkStatus();
    return fault == DiskFault::kFull ? ResourceExhausted("the simulated disk is full")
                                     : Unavailable("the simulated disk fails");
  }
  Status Remove(const std::string& name) {
    return disk_.Find(name) == nullptr ? OkStatus() : Told(disk_.Delete(name));
  }

  SimulatedDisk& disk_;
  const std::string name_;
  bool skips_sync_ = false;
};

}  // namespace svidence::testing
