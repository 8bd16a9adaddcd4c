// The settings of WorkloadAttestor "svidence", read from plugin_data.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "plugin/core/config/listen_address.h"
#include "plugin/core/config/settings_reader.h"

namespace svidence::config {

struct AgentSettings {
  std::string trust_domain;
  bool exe_hash = true;
  std::uint64_t max_exe_bytes = 0;
  std::size_t hash_cache_entries = 0;
  std::chrono::milliseconds attest_timeout{0};
  std::size_t max_concurrent = 0;
  // Kinds to emit, from AllSelectors() and in that order; without "exe:sha256"
  // if exe_hash is false.
  std::vector<std::string> selectors;
  std::string log_level;                 // "debug", "info", "warn" or "error"
  std::optional<ListenAddress> metrics;  // nullopt: no endpoint

  friend bool operator==(const AgentSettings&, const AgentSettings&) = default;
};

// uid gid user group exe:path exe:sha256 instance
std::span<const std::string_view> AllSelectors();

// Pure: touches no file. `settings` is empty exactly if there are notes, and the
// notes are the same for Configure and for Validate.
Parsed<AgentSettings> ParseAgentSettings(std::string_view hcl, std::string_view trust_domain);

// Every key, with the default as docs/plugin_agent_workloadattestor_svidence.md
// words it; a test keeps the two equal.
std::span<const KeyDoc> AgentKeys();

}  // namespace svidence::config
