// What an attestation of one process found, and its form as selectors.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "attestors/base/digest.h"
#include "attestors/base/selector.h"

namespace svidence {

// The kinds of selectors about a process. Operators write them into entries:
// a spelling, once released, stays.
constexpr std::string_view kUidSelector = "uid";
constexpr std::string_view kGidSelector = "gid";
constexpr std::string_view kUserSelector = "user";
constexpr std::string_view kGroupSelector = "group";
constexpr std::string_view kExePathSelector = "exe:path";
constexpr std::string_view kExeSha256Selector = "exe:sha256";
constexpr std::string_view kInstanceSelector = "instance";

// Which facts to gather: what nobody asks for is neither read nor able to fail.
struct WantedFacts {
  bool uid = false;
  bool gid = false;
  bool user = false;
  bool group = false;
  bool exe_path = false;
  bool exe_sha256 = false;
  bool instance = false;

  bool exe() const { return exe_path || exe_sha256; }
  bool owner() const { return uid || gid || user || group || exe_sha256; }
};

// A fact is empty if it was not wanted or is withheld.
struct ProcessFacts {
  std::optional<std::uint32_t> uid;
  std::optional<std::uint32_t> gid;
  std::optional<std::string> user;
  std::optional<std::string> group;
  std::optional<std::string> exe_path;  // text that the workload's mounts decide
  std::optional<Digest> exe_sha256;
  std::optional<std::string> instance;
  std::vector<Withheld> withheld;
};

// In the order of the constants above.
std::vector<Selector> SelectorsOf(const ProcessFacts& facts);

}  // namespace svidence
