// The ledger's high-water mark as a small file, kept apart from the ledger.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "plugin/core/ledger/high_water.h"

namespace svidence::linux_os {

class MarkFile final : public ledger::MarkStore {
 public:
  // The directory of `path` must exist.
  explicit MarkFile(std::string path) : path_(std::move(path)) {}

  // Errors: NotFound if there is no such file; those of ReadRegularFile.
  StatusOr<std::string> Read() override;
  // Errors: those of WriteFileDurably.
  Status Write(std::string_view text) override;
  std::string Where() const override { return path_; }

 private:
  const std::string path_;
};

}  // namespace svidence::linux_os
