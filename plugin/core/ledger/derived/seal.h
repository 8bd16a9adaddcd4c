// What the log's key says of the derived state: digests of all that a quick start
// takes from it.
//
// A seal stays true for ever, because the state after `head.size` entries is a
// function of these entries: an older copy of the derived state is as good as a
// new one. docs/formats/ledger.md gives the form.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "attestors/base/digest.h"
#include "attestors/base/status.h"
#include "plugin/core/ledger/derived/derived_store.h"
#include "plugin/core/ledger/note/ports.h"
#include "plugin/core/ledger/note/signed_note.h"
#include "plugin/core/ledger/store.h"

namespace svidence::ledger {

// Which entries are state entries, and their leaf hashes, in order: a chain of
// hashes, so that none can be left out, added or changed. A plain value.
struct StatesDigest {
  std::uint64_t count = 0;
  Digest digest{};

  void Add(const Hasher& hasher, EntryIndex index, const Digest& leaf);
  friend bool operator==(const StatesDigest&, const StatesDigest&) = default;
};

// The last entry on each subject, in no order: the sum of one hash for each row,
// modulo 2^256, so that a row is replaced without reading the others. A plain value.
class SubjectsDigest {
 public:
  SubjectsDigest() = default;
  SubjectsDigest(std::uint64_t count, const Digest& digest);

  void Add(const Hasher& hasher, const SubjectHead& head);
  // `head` must have been added.
  void Remove(const Hasher& hasher, const SubjectHead& head);

  std::uint64_t count() const { return count_; }
  Digest digest() const;
  friend bool operator==(const SubjectsDigest&, const SubjectsDigest&) = default;

 private:
  using Words = std::array<std::uint64_t, 4>;  // least significant first
  static Words WordsOf(const Digest& digest);

  std::uint64_t count_ = 0;
  Words sum_{};
};

struct DerivedState {
  std::string uuid{};  // of the log
  Head head{};         // of the entries covered, at least one
  Digest root{};       // of their tree
  StatesDigest states{};
  SubjectsDigest subjects{};

  friend bool operator==(const DerivedState&, const DerivedState&) = default;
};

// The text of a seal, and back. One value has one spelling.
std::string FormatDerivedState(const DerivedState& state);
// Errors: InvalidArgument on any other form.
StatusOr<DerivedState> ParseDerivedState(std::string_view text);

// The signed note. Its first line is no origin, so nobody takes it for a checkpoint.
// Errors: those of the signer.
StatusOr<std::string> SignSeal(const CheckpointSigner& log, const DerivedState& state);

}  // namespace svidence::ledger
