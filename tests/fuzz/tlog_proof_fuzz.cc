// A proof stands in a credential that its holder presents.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "plugin/core/ledger/note/tlog_proof.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto proof = svidence::ledger::ParseTlogProof(text);
  if (!proof.ok()) return 0;
  // One value has one spelling.
  const auto again = svidence::ledger::FormatTlogProof(proof->index, proof->hashes,
                                                       proof->checkpoint, proof->extra);
  if (!again.ok() || *again != text) __builtin_trap();
  return 0;
}
