// Which selectors leave the plugin, in which order, and how many.
#pragma once

#include <bitset>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "attestors/base/selector.h"
#include "attestors/base/status.h"

namespace svidence {

constexpr std::size_t kMaxSelectors = 64;
// Of "kind:value". Source: selector columns of a SPIRE server on MySQL.
constexpr std::size_t kMaxSelectorBytes = 255;

// What is answered to SPIRE, and what is logged about the rest.
struct Selection {
  std::vector<std::string> values;
  std::vector<Withheld> withheld;
};

// Every kind there is, in the order in which selectors are given.
std::span<const std::string_view> AllSelectorKinds();

class SelectorPolicy {
 public:
  // Lets selectors of `kinds` pass.
  // Errors: InvalidArgument if one is not in AllSelectorKinds() or occurs
  //         twice, or if there are none.
  static StatusOr<SelectorPolicy> Create(std::span<const std::string> kinds);

  bool Wants(std::string_view kind) const;

  // Merges what the attestors found: each value once, in the order of
  // AllSelectorKinds(), then of the values, so that equal facts give equal
  // answers. A value is withheld, never cut, if it is empty, not UTF-8 (a
  // protobuf string must be), holds a control character or makes the selector
  // longer than kMaxSelectorBytes; so are the last ones above kMaxSelectors.
  Selection Select(std::vector<Selector> found, std::vector<Withheld> withheld) const;

 private:
  static constexpr std::size_t kMaxKinds = 32;

  std::bitset<kMaxKinds> wanted_;  // by position in AllSelectorKinds()
};

}  // namespace svidence
