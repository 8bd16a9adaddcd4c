// A place for a published log in memory, with faults.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "attestors/base/quote.h"
#include "plugin/core/ledger/publish/place.h"
#include "plugin/core/ledger/tree/tile_path.h"

namespace svidence::testing {

class FakeTilePlace final : public ledger::TilePlace {
 public:
  using Files = std::map<std::string, std::string, std::less<>>;

  StatusOr<std::string> Read(std::string_view path, std::size_t max_bytes) override {
    SVIDENCE_RETURN_IF_ERROR(CheckPath(path));
    ++reads_;
    if (const auto failing = read_failures_.find(path); failing != read_failures_.end()) {
      return failing->second;
    }
    const auto found = files_.find(path);
    if (found == files_.end()) return NotFound("there is no " + Quote(path));
    if (found->second.size() > max_bytes) return InvalidArgument(Quote(path) + " is too long");
    return found->second;
  }

  Status Write(std::string_view path, std::string_view bytes) override {
    SVIDENCE_RETURN_IF_ERROR(broken_);
    SVIDENCE_RETURN_IF_ERROR(CheckPath(path));
    if (fail_on_write_ && ++writes_seen_ == fail_on_write_->first) return fail_on_write_->second;
    written_.emplace_back(path);
    std::string stored(bytes);
    if (on_write_) on_write_(path, stored);
    files_.insert_or_assign(std::string(path), std::move(stored));
    return OkStatus();
  }

  Status Sync() override {
    ++syncs_;
    if (broken_.ok() && !sync_failure_.ok()) broken_ = sync_failure_;
    if (broken_.ok()) synced_ = files_;
    return broken_;
  }

  Status RemovePartials(const ledger::TileId& full) override {
    if (full.width != ledger::kTileWidth || !ledger::IsTile(full)) {
      return InvalidArgument("no full tile");
    }
    const std::string prefix = ledger::FormatTilePath(full) + ".p/";
    std::erase_if(files_, [&](const auto& file) { return file.first.starts_with(prefix); });
    return OkStatus();
  }

  // The n-th Write from now fails, n from 1.
  void FailOnWrite(std::size_t n, Status failure) {
    writes_seen_ = 0;
    fail_on_write_ = {n, std::move(failure)};
  }
  void FailSync(Status failure) { sync_failure_ = std::move(failure); }
  void FailRead(std::string_view path, Status failure) {
    read_failures_.insert_or_assign(std::string(path), std::move(failure));
  }
  // May change what is stored: a disk that flips a bit.
  void OnWrite(std::function<void(std::string_view path, std::string& bytes)> change) {
    on_write_ = std::move(change);
  }
  // A power cut: what was not synced is gone.
  void LoseUnsynced() { files_ = synced_; }
  // Faults go, files stay.
  void Heal() {
    broken_ = OkStatus();
    sync_failure_ = OkStatus();
    fail_on_write_.reset();
    read_failures_.clear();
    on_write_ = nullptr;
  }

  Files& files() { return files_; }
  std::vector<std::string>& written() { return written_; }
  std::size_t reads() const { return reads_; }
  std::size_t syncs() const { return syncs_; }

 private:
  static Status CheckPath(std::string_view path) {
    if (path == ledger::kCheckpointPath || path == ledger::kWitnessedCheckpointPath) {
      return OkStatus();
    }
    return ledger::ParseTilePath(path).status();
  }

  Files files_;
  Files synced_;
  std::vector<std::string> written_;
  std::map<std::string, Status, std::less<>> read_failures_;
  std::optional<std::pair<std::size_t, Status>> fail_on_write_;
  std::function<void(std::string_view, std::string&)> on_write_;
  Status sync_failure_;
  Status broken_;
  std::size_t writes_seen_ = 0;
  std::size_t reads_ = 0;
  std::size_t syncs_ = 0;
};

}  // namespace svidence::testing
