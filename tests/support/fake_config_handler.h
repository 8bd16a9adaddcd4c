// A PluginConfigHandler whose rules stand in the configuration itself.
#pragma once

#include <algorithm>
#include <cstddef>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "plugin/adapters/grpc/plugin_config_handler.h"

namespace svidence::testing {

// Validate: each line that begins with "note " is a problem. Configure: fails
// with what FailWith() was given. Thread-safe.
class FakeConfigHandler final : public PluginConfigHandler {
 public:
  void FailWith(Status status) {
    const std::lock_guard lock(mutex_);
    error_ = std::move(status);
  }
  // What was put into force, in order.
  std::vector<PluginConfig> applied() const {
    const std::lock_guard lock(mutex_);
    return applied_;
  }

  std::vector<std::string> Validate(const PluginConfig& config) override {
    std::vector<std::string> notes;
    for (std::size_t at = 0; at < config.hcl.size();) {
      const std::size_t end = std::min(config.hcl.find('\n', at), config.hcl.size());
      const std::string line = config.hcl.substr(at, end - at);
      if (line.starts_with("note ")) notes.push_back(line.substr(5));
      at = end + 1;
    }
    return notes;
  }
  Status Configure(const PluginConfig& config) override {
    const std::lock_guard lock(mutex_);
    if (!error_.ok()) return error_;
    applied_.push_back(config);
    return OkStatus();
  }

 private:
  mutable std::mutex mutex_;
  Status error_;
  std::vector<PluginConfig> applied_;
};

}  // namespace svidence::testing
