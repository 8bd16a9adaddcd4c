// Entries reach verifiers from files, exports and credentials that anybody may
// have written. What this reader accepts, another reader must understand alike:
//   the plain reader takes it, and takes no other;
//   the general JSON reader takes the whole entry and its own members, finds the
//   same common members in it, and the entry is written again byte for byte.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "attestors/base/json.h"
#include "plugin/core/ledger/entry.h"
#include "tests/support/plain_entry_scanner.h"

namespace {

using svidence::Json;

void Demand(bool holds) {
  if (!holds) __builtin_trap();
}

bool HasText(const Json& json, std::string_view name, const std::string& want) {
  const Json* member = json.Find(name);
  return member != nullptr && member->text() != nullptr && *member->text() == want;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto entry = svidence::ledger::ParseEntry(bytes);
  Demand(entry.ok() == svidence::testing::PlainScanEntry(bytes).ok());
  if (!entry.ok()) return 0;

  const auto rendered = svidence::ledger::RenderEntry({.type = entry->type,
                                                       .by = entry->by,
                                                       .subject = entry->subject,
                                                       .agent = entry->agent,
                                                       .members = entry->members},
                                                      entry->place);
  Demand(rendered.ok() && *rendered == bytes);
  Demand(svidence::ledger::ParseMembers(*entry).ok());

  const auto json = svidence::ParseStrictJson(
      bytes, {.max_bytes = svidence::ledger::kMaxEntryBytes, .max_depth = 8});
  Demand(json.ok());
  const Json* index = json->Find("i");
  Demand(index != nullptr && index->integer() != nullptr &&
         static_cast<std::uint64_t>(*index->integer()) == entry->place.index);
  Demand(HasText(*json, "type", entry->type));
  Demand(HasText(*json, "by", entry->by));
  Demand(HasText(*json, "subject", entry->subject));
  Demand(entry->agent.empty() ? json->Find("agent") == nullptr
                              : HasText(*json, "agent", entry->agent));
  return 0;
}
