// What stands at an agent's socket need not be an agent.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "plugin/core/ledger/note/ssh_agent_message.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace svidence::ledger;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto keys = ParseAgentKeys(text);
  if (keys.ok()) {
    std::size_t bytes = 0;
    for (const std::string& blob : *keys) {
      bytes += blob.size();
      const auto key = Ed25519OfBlob(blob);
      if (key && AgentKeyBlob(*key) != blob) __builtin_trap();  // one key has one spelling
    }
    if (bytes > size || keys->size() > kMaxAgentKeys) __builtin_trap();
  }
  (void)ParseAgentSignature(text).ok();
  (void)AgentMessageLength(text).ok();
  const auto name = ParseAgentKeyName(text);
  if (name.ok() && std::string(kAgentKeyPrefix) + name->socket + '#' + name->fingerprint != text) {
    __builtin_trap();
  }
  return 0;
}
