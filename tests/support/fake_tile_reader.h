// Tiles in memory, with faults.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "attestors/base/quote.h"
#include "plugin/core/ledger/tree/tile_node_reader.h"

namespace svidence::testing {

class FakeTileReader final : public ledger::TileReader {
 public:
  StatusOr<std::string> Read(std::string_view path, std::size_t max_bytes) override {
    ++reads_;
    if (!failure_.ok()) return failure_;
    const auto found = files_.find(path);
    if (found == files_.end()) return NotFound("there is no " + Quote(path));
    if (found->second.size() > max_bytes && !ignore_bound_) {
      return InvalidArgument(Quote(path) + " is too long");
    }
    return found->second;
  }

  void Set(std::string_view path, std::string bytes) {
    files_.insert_or_assign(std::string(path), std::move(bytes));
  }
  void Remove(std::string_view path) { files_.erase(std::string(path)); }
  void FailWith(Status failure) { failure_ = std::move(failure); }
  // Breaks the contract: gives more than it was asked for.
  void IgnoreBound() { ignore_bound_ = true; }

  std::map<std::string, std::string, std::less<>>& files() { return files_; }
  std::size_t reads() const { return reads_; }

 private:
  std::map<std::string, std::string, std::less<>> files_;
  Status failure_;
  bool ignore_bound_ = false;
  std::size_t reads_ = 0;
};

}  // namespace svidence::testing
