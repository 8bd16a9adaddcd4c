// plugin_data comes from whoever may edit SPIRE's configuration, and from SPIRE's printer.
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <variant>
#include <vector>

#include "plugin/core/config/agent_settings.h"
#include "plugin/core/config/hcl.h"
#include "plugin/core/config/server_settings.h"

namespace {

using svidence::config::HclBlock;
using svidence::config::HclItem;
using svidence::config::HclResult;
using svidence::config::HclValue;
using svidence::config::Note;
using svidence::config::Position;

void Require(bool holds) {
  if (!holds) __builtin_trap();
}

// The last place of the text: where its end would be.
Position EndOf(std::string_view text) {
  Position end;
  for (const char c : text) {
    if (c == '\n') {
      ++end.line;
      end.column = 1;
    } else if ((static_cast<unsigned char>(c) & 0xc0U) != 0x80U) {
      ++end.column;
    }
  }
  return end;
}

void RequireInside(const Position& at, const Position& end) {
  Require(at.line >= 1 && at.column >= 1 && at <= end);
}

void RequireItem(const HclItem& item, const Position& end) {
  RequireInside(item.key_at, end);
  RequireInside(item.value.at, end);
  Require(item.key_at < item.value.at);
  Require(item.key.size() <= svidence::config::kMaxHclKeyBytes);
  if (const auto* list = std::get_if<std::vector<HclValue>>(&item.value.data)) {
    Require(list->size() <= svidence::config::kMaxHclItems);
    for (const HclValue& value : *list) RequireInside(value.at, end);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const Position end = EndOf(text);
  const HclResult result = svidence::config::ParseHcl(text);
  // What parses, and what is noted, lies inside the text.
  for (const Note& note : result.notes) RequireInside(note.at, end);
  for (const HclItem& item : result.document.items) RequireItem(item, end);
  for (const HclBlock& block : result.document.blocks) {
    RequireInside(block.at, end);
    for (const HclItem& item : block.items) RequireItem(item, end);
  }
  // Settings exist exactly if there is nothing to say; a note is one line.
  const auto server = svidence::config::ParseServerSettings(text, "example.org", {});
  Require(server.settings.has_value() == server.notes.empty());
  const auto agent = svidence::config::ParseAgentSettings(text, "example.org");
  Require(agent.settings.has_value() == agent.notes.empty());
  for (const auto& note : server.notes) {
    for (const char c : note) Require(c >= 0x20 && c < 0x7f);
  }
  return 0;
}
