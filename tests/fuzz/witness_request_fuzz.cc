// Requests come to a witness from anybody, answers to a log from a witness.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "plugin/core/ledger/note/witness_message.h"

namespace {

void Demand(bool holds) {
  if (!holds) __builtin_trap();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace svidence::ledger;
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  // One value has one spelling.
  const auto request = ParseAddCheckpoint(body);
  if (request.ok()) {
    const auto again = FormatAddCheckpoint(*request);
    Demand(again.ok() && *again == body);
  }
  const auto answer = ParseSizeAnswer(body);
  if (answer.ok()) Demand(FormatSizeAnswer(*answer) == body);
  return 0;
}
