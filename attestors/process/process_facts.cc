#include "attestors/process/process_facts.h"

#include <utility>

#include "attestors/base/encoding.h"

namespace svidence {

std::vector<Selector> SelectorsOf(const ProcessFacts& facts) {
  std::vector<Selector> selectors;
  const auto add = [&selectors](std::string_view kind, std::string value) {
    selectors.push_back({.kind = kind, .value = std::move(value)});
  };
  if (facts.uid) add(kUidSelector, std::to_string(*facts.uid));
  if (facts.gid) add(kGidSelector, std::to_string(*facts.gid));
  if (facts.user) add(kUserSelector, *facts.user);
  if (facts.group) add(kGroupSelector, *facts.group);
  if (facts.exe_path) add(kExePathSelector, *facts.exe_path);
  if (facts.exe_sha256) add(kExeSha256Selector, HexEncode(*facts.exe_sha256));
  if (facts.instance) add(kInstanceSelector, *facts.instance);
  return selectors;
}

}  // namespace svidence
