#include "plugin/core/config/agent_settings.h"

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "attestors/base/spiffe_id.h"
#include "attestors/base/status.h"
#include "plugin/core/config/hcl.h"
#include "plugin/core/config/log_level.h"
#include "plugin/core/config/settings_reader.h"

namespace svidence::config {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::uint64_t kKiB = 1024;
constexpr std::uint64_t kMiB = 1024 * kKiB;
constexpr std::uint64_t kGiB = 1024 * kMiB;
constexpr std::uint64_t kDefaultExeBytes = 512 * kMiB;
constexpr std::uint64_t kMaxExeBytes = 16 * kGiB;
constexpr std::int64_t kDefaultCacheEntries = 4096;
constexpr std::int64_t kMinCacheEntries = 16;
constexpr std::int64_t kMaxCacheEntries = 65536;
constexpr std::int64_t kDefaultConcurrent = 64;
constexpr std::int64_t kMaxConcurrent = 1024;
constexpr milliseconds kMinAttestTimeout{100};
// While we look, SPIRE withholds every other attestor's selectors too.
constexpr milliseconds kMaxAttestTimeout{10000};

constexpr std::string_view kExeHashSelector = "exe:sha256";
constexpr std::array<std::string_view, 7> kSelectors = {
    "uid", "gid", "user", "group", "exe:path", kExeHashSelector, "instance"};

constexpr std::array<KeyDoc, 8> kKeys = {{
    {"exe_hash", "`true`"},
    {"max_exe_size", "`\"512MiB\"`"},
    {"hash_cache_entries", "`4096`"},
    {"attest_timeout", "`\"2s\"`"},
    {"max_concurrent", "`64`"},
    {"selectors", "all"},
    {"log_level", "`\"info\"`"},
    {"metrics.listen", "no endpoint"},
}};

std::vector<std::string> ReadSelectors(SettingsReader& reader, bool exe_hash) {
  std::vector<std::string> selectors = reader.EnumList("selectors", kSelectors);
  if (exe_hash) return selectors;
  const bool removed = std::erase(selectors, kExeHashSelector) > 0;
  if (removed && reader.Has("selectors")) {
    reader.Problem("selectors", "names \"exe:sha256\" although exe_hash is false; change one");
  }
  return selectors;
}

}  // namespace

std::span<const std::string_view> AllSelectors() { return kSelectors; }

Parsed<AgentSettings> ParseAgentSettings(std::string_view hcl, std::string_view trust_domain) {
  HclResult read = ParseHcl(hcl);
  std::vector<Note>& notes = read.notes;
  // What could not be read is not judged: each problem is said once.
  if (!notes.empty()) return {.settings = std::nullopt, .notes = NoteTexts(std::move(notes))};
  NoteUnknownKeys(read.document, kKeys, notes);

  AgentSettings settings;
  settings.trust_domain = trust_domain;
  if (const Status domain = CheckTrustDomain(trust_domain); !domain.ok()) {
    notes.push_back(Note{.at = {}, .key = "", .message = Message(domain)});
  }
  SettingsReader reader(read.document, "", notes);
  settings.exe_hash = reader.Bool("exe_hash", true);
  settings.max_exe_bytes = reader.Size("max_exe_size", kDefaultExeBytes, kKiB, kMaxExeBytes);
  settings.hash_cache_entries = static_cast<std::size_t>(reader.Integer(
      "hash_cache_entries", kDefaultCacheEntries, kMinCacheEntries, kMaxCacheEntries));
  settings.attest_timeout =
      reader.Duration("attest_timeout", seconds(2), kMinAttestTimeout, kMaxAttestTimeout);
  settings.max_concurrent = static_cast<std::size_t>(
      reader.Integer("max_concurrent", kDefaultConcurrent, 1, kMaxConcurrent));
  settings.selectors = ReadSelectors(reader, settings.exe_hash);
  settings.log_level = reader.Enum("log_level", kDefaultLogLevel, kLogLevels);
  settings.metrics = SettingsReader(read.document, "metrics", notes).Listen("listen");

  Parsed<AgentSettings> parsed;
  parsed.notes = NoteTexts(std::move(notes));
  if (parsed.notes.empty()) parsed.settings = std::move(settings);
  return parsed;
}

std::span<const KeyDoc> AgentKeys() { return kKeys; }

}  // namespace svidence::config
