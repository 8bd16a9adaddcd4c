// A signer outside this process, as far as its callers can tell: it answers when the
// test says so.
#pragma once

#include <condition_variable>
#include <mutex>
#include <string>
#include <string_view>

#include "plugin/core/ledger/note/ports.h"

namespace svidence::testing {

// Thread-safe. Signs with `key` once it is let go.
class HeldSigner final : public ledger::CheckpointSigner {
 public:
  explicit HeldSigner(const ledger::NoteSigner& key) : key_(key) {}

  StatusOr<std::string> SignTree(std::uint64_t size, const Digest& root) const override {
    std::unique_lock lock(mutex_);
    ++asked_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return free_ > 0 || open_; });
    if (!open_) --free_;
    if (!error_.ok()) return error_;
    return key_.SignTree(size, root);
  }
  StatusOr<std::string> SignNote(std::string_view text) const override {
    return key_.SignNote(text);
  }
  bool may_wait() const override { return true; }

  // Lets `count` signatures be made, or all.
  void Release(std::size_t count = 1) {
    const std::lock_guard lock(mutex_);
    free_ += count;
    changed_.notify_all();
  }
  void Open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }
  void FailWith(Status error) {
    const std::lock_guard lock(mutex_);
    error_ = std::move(error);
  }
  // Waits until it has been asked `count` times in all.
  void AwaitAsked(std::size_t count) const {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return asked_ >= count; });
  }
  std::size_t asked() const {
    const std::lock_guard lock(mutex_);
    return asked_;
  }

 private:
  const ledger::NoteSigner& key_;
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  mutable std::size_t asked_ = 0;
  mutable std::size_t free_ = 0;
  bool open_ = false;
  Status error_;
};

}  // namespace svidence::testing
