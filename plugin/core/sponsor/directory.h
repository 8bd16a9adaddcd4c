// Port: who stands behind a sponsor's pseudonym. Erasable, beside the ledger.
#pragma once

#include <string>
#include <string_view>

#include "attestors/base/status.h"

namespace svidence::sponsor {

constexpr std::size_t kMaxPersonBytes = 320;

// Implemented over SQLite by plugin/adapters/sqlite, in memory by tests/support.
// Thread-safe.
class Directory {
 public:
  virtual ~Directory() = default;

  // The pseudonym of `person` (name or e-mail, 1..kMaxPersonBytes of UTF-8):
  // the one it has, else a fresh one of 16 random bytes in base64url.
  virtual StatusOr<std::string> RefOf(std::string_view person) = 0;
  // Errors: NotFound if the ref is unknown or erased.
  virtual StatusOr<std::string> PersonOf(std::string_view ref) = 0;
  // Cuts the link for ever. Errors: NotFound if there is none.
  virtual Status Erase(std::string_view ref) = 0;
};

}  // namespace svidence::sponsor
