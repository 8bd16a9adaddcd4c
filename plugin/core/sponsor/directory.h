// Port: who stands behind a sponsor's pseudonym. Erasable, beside the ledger.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "attestors/base/status.h"

namespace svidence::sponsor {

constexpr std::size_t kMaxPersonBytes = 320;

// Implemented over SQLite by plugin/adapters/sqlite, in memory with faults by
// tests/support; tests/integration/sponsor_directory_contract_test.cc holds both
// to what stands here. Thread-safe.
class Directory {
 public:
  virtual ~Directory() = default;

  // The pseudonym of `person` (name or e-mail): the one it has, else a fresh one
  // of 16 random bytes in base64url, which is kept once this returns.
  // Errors: those of CheckPerson; ResourceExhausted if the disk is full,
  //         Unavailable if the directory cannot be written.
  virtual StatusOr<std::string> RefOf(std::string_view person) = 0;
  // The pseudonym that `person` has.
  // Errors: NotFound if there is none; those of CheckPerson.
  virtual StatusOr<std::string> FindRef(std::string_view person) = 0;
  // Errors: NotFound if the ref is unknown or erased.
  virtual StatusOr<std::string> PersonOf(std::string_view ref) = 0;
  // Cuts the link for ever: the person gets another pseudonym from then on.
  // Errors: NotFound if there is none; as RefOf.
  virtual Status Erase(std::string_view ref) = 0;
};

// Errors: InvalidArgument unless `person` is 1..kMaxPersonBytes of UTF-8 without
//         control characters. The message does not repeat it.
Status CheckPerson(std::string_view person);

}  // namespace svidence::sponsor
