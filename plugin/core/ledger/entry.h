// Ledger entries: how they are written, and the strict reader.
//
// An entry is one line of JSON, hashed exactly as stored. docs/formats/ledger.md
// gives the grammar, which is narrower than JSON: no white space, no escapes in
// names, integers below 2^53. What one reader accepts every JSON reader takes
// for the same.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "attestors/base/digest.h"
#include "attestors/base/json.h"
#include "attestors/base/status.h"
#include "plugin/core/ledger/entry_time.h"
#include "plugin/core/ledger/tree/hashing.h"  // LeafHash

namespace svidence::ledger {

using EntryIndex = std::uint64_t;

constexpr std::size_t kMaxEntryBytes = std::size_t{16} * 1024;
// Readers that hold numbers in doubles must read every index exactly.
constexpr EntryIndex kMaxIndex = (EntryIndex{1} << 53U) - 1;
// Longest `type`, and longest `by`, `subject` and `agent`, in bytes.
constexpr std::size_t kMaxTypeBytes = 64;
constexpr std::size_t kMaxNameBytes = 2048;

// What the caller of the ledger knows; the committer adds index, time and links.
struct EntryDraft {
  std::string type{};     // e.g. "issue.x509"
  std::string by{};       // who asked, e.g. "server:a"
  std::string subject{};  // e.g. "spiffe://example.org/agent/buyer/3f2a"
  std::string agent{};    // name of the agent concerned; empty: the entry has no such member
  std::string members{};  // the type's own members as JSON, e.g. `"now":1,"scope":3`; or empty
};

// Where an entry stands in the chain.
struct EntryPlace {
  EntryIndex index = 0;
  std::int64_t at_millis = 0;  // Unix time
  Digest prev{};               // leaf hash of entry index-1; zeros for entry 0
  std::optional<EntryIndex> subject_prev{};

  friend bool operator==(const EntryPlace&, const EntryPlace&) = default;
};

// An entry that has been read.
struct Entry {
  EntryPlace place{};
  std::string type{};
  std::string by{};
  std::string subject{};
  std::string agent{};    // empty if the entry has no such member
  std::string members{};  // text of the type's own members, as in EntryDraft
};

// The bytes of the entry. Whatever this returns, ParseEntry reads.
// Errors: InvalidArgument if they would exceed kMaxEntryBytes or would not
//         follow the grammar, e.g. because `draft.members` is not JSON.
StatusOr<std::string> RenderEntry(const EntryDraft& draft, const EntryPlace& place);

// Errors: InvalidArgument, naming the member, unless `bytes` follow the grammar.
//         Unknown types are kept.
StatusOr<Entry> ParseEntry(std::string_view bytes);

// The type's own members as a tree. Not part of Entry: most readers look at the
// common members only, and this costs more than all the rest.
// Errors: InvalidArgument if `entry.members` does not come from an entry.
StatusOr<Json> ParseMembers(const Entry& entry);

}  // namespace svidence::ledger
