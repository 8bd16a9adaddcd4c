// The high-water mark: how far the ledger had come, kept apart from it.
//
// It exists to catch a ledger that was put back to an earlier state, which the
// chain alone cannot see. docs/formats/ledger.md gives the form.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "attestors/base/digest.h"
#include "attestors/base/status.h"
#include "plugin/core/ledger/defect.h"
#include "plugin/core/ledger/entry.h"
#include "plugin/core/ledger/log_identity.h"
#include "plugin/core/ledger/note/checkpoint.h"
#include "plugin/core/ledger/store.h"

namespace svidence::ledger {

constexpr std::size_t kMaxMarkBytes = 8192;

struct HighWaterMark {
  std::string uuid;
  std::string origin;
  EntryIndex size = 0;  // at least 1
  Digest leaf{};        // of entry size-1
  // The newest checkpoint that the log has signed, a note as it is, of at most
  // `size` entries. Empty: none is known, or the mark is of version 1.
  std::string checkpoint{};

  friend bool operator==(const HighWaterMark&, const HighWaterMark&) = default;
};

// `head` must have at least one entry.
HighWaterMark MarkOf(const LogIdentity& identity, const Head& head, std::string checkpoint = {});

// What the mark's checkpoint says, its signature not looked at. nullopt: it has
// none.
std::optional<Checkpoint> CheckpointIn(const HighWaterMark& mark);

// Version 2, or 1 if there is no checkpoint.
std::string FormatMark(const HighWaterMark& mark);
// Errors: InvalidArgument on any other form, and unless the checkpoint is one, of
//         this origin and of 1 to `size` entries.
StatusOr<HighWaterMark> ParseMark(std::string_view text);

// Port: the place of one mark. Implemented as a file by plugin/adapters/linux,
// in memory with faults by tests/support. One caller at a time.
class MarkStore {
 public:
  virtual ~MarkStore() = default;

  // Errors: NotFound if there is none; whatever keeps it from being read.
  virtual StatusOr<std::string> Read() = 0;
  // Replaces it; what was there stays whole if this fails.
  virtual Status Write(std::string_view text) = 0;
  // For people, e.g. the path.
  virtual std::string Where() const = 0;
};

// The mark in `marks`; nullopt if there is none.
// Errors: FailedPrecondition, saying where it is and what to do, if it cannot be
//         read or is no mark.
StatusOr<std::optional<HighWaterMark>> ReadMark(MarkStore& marks);

// Does a ledger that begins as `identity` says, has `size` entries, and whose
// entry mark.size-1 has the leaf hash `leaf` (not looked at if there is no such
// entry), go on from where `mark` saw it? nullopt: yes.
std::optional<Defect> CompareWithMark(const HighWaterMark& mark, const LogIdentity& identity,
                                      EntryIndex size, const Digest& leaf);

}  // namespace svidence::ledger
