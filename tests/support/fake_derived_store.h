// Derived state in memory, with faults.
#pragma once

#include <cstddef>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "attestors/base/quote.h"
#include "plugin/core/ledger/derived/derived_store.h"
#include "plugin/core/ledger/tree/tile.h"
#include "plugin/core/ledger/tree/tile_path.h"

namespace svidence::testing {

// Thread-safe. tests/integration/derived_store_contract_test.cc holds it to the same
// promises as the real one.
class FakeDerivedStore final : public ledger::DerivedStore {
 public:
  // What is stored, as somebody with access to the file could set it.
  struct Content {
    ledger::EntryIndex size = 0;
    std::string seal;
    std::map<std::pair<unsigned, std::uint64_t>, std::string> tiles;
    std::map<ledger::SubjectKey, ledger::EntryIndex> subjects;
    std::set<ledger::EntryIndex> states;

    friend bool operator==(const Content&, const Content&) = default;
  };
  Content content() const {
    const std::lock_guard lock(mutex_);
    return content_;
  }
  void Set(Content content) {
    const std::lock_guard lock(mutex_);
    content_ = std::move(content);
  }

  // From now on every Extend, Clear, or read gives `error`; OK ends that.
  void FailExtendsWith(Status error) { Assign(extend_error_, std::move(error)); }
  void FailClearsWith(Status error) { Assign(clear_error_, std::move(error)); }
  void FailReadsWith(Status error) { Assign(read_error_, std::move(error)); }
  // The `n`-th Extend from now (1: the next) gives `error`, once.
  void FailOnExtend(std::size_t n, Status error) {
    const std::lock_guard lock(mutex_);
    fail_in_ = n;
    once_ = std::move(error);
  }
  std::size_t clears() const {
    const std::lock_guard lock(mutex_);
    return clears_;
  }

  StatusOr<ledger::EntryIndex> CoveredSize() override {
    const std::lock_guard lock(mutex_);
    if (!read_error_.ok()) return read_error_;
    return content_.size;
  }
  StatusOr<std::string> Read(std::string_view path, std::size_t max_bytes) override {
    const std::lock_guard lock(mutex_);
    if (!read_error_.ok()) return read_error_;
    const StatusOr<ledger::TileId> tile = ledger::ParseTilePath(path);
    const Status none = NotFound("no tile " + Quote(path));
    if (!tile.ok() || tile->kind != ledger::TileKind::kHashes) return none;
    const std::size_t bytes = tile->width * sizeof(Digest);
    if (bytes > max_bytes) return InvalidArgument(Quote(path) + " is too long");
    if (tile->width > ledger::TileWidthAt(tile->level, tile->index, content_.size)) return none;
    const auto found = content_.tiles.find({tile->level, tile->index});
    if (found == content_.tiles.end() || found->second.size() < bytes) {
      return DataLoss(Quote(path) + " is damaged");
    }
    return found->second.substr(0, bytes);
  }
  StatusOr<std::string> ReadSeal() override {
    const std::lock_guard lock(mutex_);
    if (!read_error_.ok()) return read_error_;
    if (content_.seal.empty()) return NotFound("there is no seal");
    return content_.seal;
  }
  Status Extend(const ledger::DerivedDelta& delta) override {
    const std::lock_guard lock(mutex_);
    if (!extend_error_.ok()) return extend_error_;
    if (fail_in_ != 0 && --fail_in_ == 0) return once_;
    if (delta.from != content_.size) return FailedPrecondition("another size is covered");
    content_.size = delta.size;
    content_.seal = delta.seal;
    for (const auto& tile : delta.tiles) content_.tiles[{tile.level, tile.index}] = tile.hashes;
    for (const auto& head : delta.subjects) content_.subjects[head.key] = head.last;
    content_.states.insert(delta.states.begin(), delta.states.end());
    return OkStatus();
  }
  Status Clear() override {
    const std::lock_guard lock(mutex_);
    ++clears_;
    if (!clear_error_.ok()) return clear_error_;
    content_ = {};
    return OkStatus();
  }
  Status VisitSubjects(const VisitSubject& visit) override {
    const Content now = content();
    for (const auto& [key, last] : now.subjects) {
      SVIDENCE_RETURN_IF_ERROR(visit({.key = key, .last = last}));
    }
    const std::lock_guard lock(mutex_);
    return read_error_;
  }
  StatusOr<std::vector<ledger::EntryIndex>> ReadStates(ledger::EntryIndex first,
                                                       std::size_t max) override {
    const std::lock_guard lock(mutex_);
    if (!read_error_.ok()) return read_error_;
    std::vector<ledger::EntryIndex> found;
    for (auto at = content_.states.lower_bound(first);
         at != content_.states.end() && found.size() < max; ++at) {
      found.push_back(*at);
    }
    return found;
  }

 private:
  void Assign(Status& which, Status error) {
    const std::lock_guard lock(mutex_);
    which = std::move(error);
  }

  mutable std::mutex mutex_;
  Content content_;
  Status extend_error_;
  Status clear_error_;
  Status read_error_;
  Status once_;
  std::size_t fail_in_ = 0;
  std::size_t clears_ = 0;
};

}  // namespace svidence::testing
