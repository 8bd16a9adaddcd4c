// A high-water mark in memory, with faults.
#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "plugin/core/ledger/high_water.h"

namespace svidence::testing {

// Thread-safe.
class FakeMarkStore final : public ledger::MarkStore {
 public:
  // From now on every read, or write, gives `error`; OK ends that.
  void FailReadsWith(Status error) {
    const std::lock_guard lock(mutex_);
    read_error_ = std::move(error);
  }
  void FailWritesWith(Status error) {
    const std::lock_guard lock(mutex_);
    write_error_ = std::move(error);
  }
  // What is stored, as somebody with access to the file could set it.
  void Set(std::optional<std::string> text) {
    const std::lock_guard lock(mutex_);
    text_ = std::move(text);
  }
  std::optional<std::string> text() const {
    const std::lock_guard lock(mutex_);
    return text_;
  }
  std::size_t writes() const {
    const std::lock_guard lock(mutex_);
    return writes_;
  }

  StatusOr<std::string> Read() override {
    const std::lock_guard lock(mutex_);
    if (!read_error_.ok()) return read_error_;
    if (!text_) return NotFound("there is no mark");
    return *text_;
  }
  Status Write(std::string_view text) override {
    const std::lock_guard lock(mutex_);
    ++writes_;
    if (!write_error_.ok()) return write_error_;
    text_ = std::string(text);
    return OkStatus();
  }
  std::string Where() const override { return "the test's memory"; }

 private:
  mutable std::mutex mutex_;
  std::optional<std::string> text_;
  Status read_error_;
  Status write_error_;
  std::size_t writes_ = 0;
};

}  // namespace svidence::testing
