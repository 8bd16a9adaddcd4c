#include "plugin/cli/log_keys_text.h"

#include <cstdint>

namespace svidence::cli {

void WriteKeys(JsonWriter& json, const Hasher& hasher, const ledger::KeySchedule& keys) {
  json.BeginArray();
  for (const ledger::LogKey& key : keys.keys()) {
    json.BeginObject().Key("vkey").String(ledger::FormatVkey(hasher, key.key.vkey));
    json.Key("first_size").Int(static_cast<std::int64_t>(key.first_size)).Key("last_size");
    key.last_size ? json.Int(static_cast<std::int64_t>(*key.last_size)) : json.Null();
    json.EndObject();
  }
  json.EndArray();
}

}  // namespace svidence::cli
