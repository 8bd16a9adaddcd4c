#include "attestors/policy/selector_policy.h"

#include <algorithm>
#include <array>
#include <optional>
#include <tuple>
#include <utility>

#include "attestors/base/json.h"
#include "attestors/base/quote.h"
#include "attestors/process/process_facts.h"

namespace svidence {
namespace {

constexpr std::array kKinds = {kUidSelector,     kGidSelector,     kUserSelector,
                               kGroupSelector,   kExePathSelector, kExeSha256Selector,
                               kInstanceSelector};

// kKinds.size() if `kind` is none of ours.
std::size_t IndexOf(std::string_view kind) {
  return static_cast<std::size_t>(std::ranges::find(kKinds, kind) - kKinds.begin());
}

bool HasControlCharacter(std::string_view text) {
  return std::ranges::any_of(text, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7f;
  });
}

// Why `selector` must not be given out; nullopt if it may.
std::optional<std::string_view> Problem(const Selector& selector) {
  if (selector.value.empty()) return "the value is empty";
  if (selector.kind.size() + 1 + selector.value.size() > kMaxSelectorBytes) {
    return "the selector is longer than 255 bytes";
  }
  if (HasControlCharacter(selector.value)) return "the value holds a control character";
  if (!IsUtf8(selector.value)) return "the value is not UTF-8";
  return std::nullopt;
}

}  // namespace

std::span<const std::string_view> AllSelectorKinds() { return kKinds; }

StatusOr<SelectorPolicy> SelectorPolicy::Create(std::span<const std::string> kinds) {
  static_assert(kKinds.size() <= kMaxKinds);
  if (kinds.empty()) return InvalidArgument("at least one kind of selector must be on");
  SelectorPolicy policy;
  for (const std::string& kind : kinds) {
    const std::size_t index = IndexOf(kind);
    if (index == kKinds.size()) return InvalidArgument("unknown kind of selector " + Quote(kind));
    if (policy.wanted_.test(index)) {
      return InvalidArgument("kind of selector " + Quote(kind) + " given twice");
    }
    policy.wanted_.set(index);
  }
  return policy;
}

bool SelectorPolicy::Wants(std::string_view kind) const {
  const std::size_t index = IndexOf(kind);
  return index < kKinds.size() && wanted_.test(index);
}

Selection SelectorPolicy::Select(std::vector<Selector> found,
                                 std::vector<Withheld> withheld) const {
  std::erase_if(found, [this](const Selector& selector) { return !Wants(selector.kind); });
  const auto rank = [](const Selector& selector) {
    return std::tuple<std::size_t, const std::string&>(IndexOf(selector.kind), selector.value);
  };
  std::ranges::sort(found, {}, rank);

  Selection selection{.values = {}, .withheld = std::move(withheld)};
  for (std::size_t i = 0; i < found.size(); ++i) {
    const Selector& selector = found[i];
    if (i > 0 && selector == found[i - 1]) continue;
    std::optional<std::string_view> problem = Problem(selector);
    if (!problem && selection.values.size() == kMaxSelectors) {
      problem = "there are more than 64 selectors";
    }
    if (problem) {
      const std::string size = std::to_string(selector.value.size()) + " bytes";
      selection.withheld.push_back({.kind = selector.kind, .cause = *problem, .detail = size});
    } else {
      selection.values.push_back(selector.Text());
    }
  }
  return selection;
}

}  // namespace svidence
