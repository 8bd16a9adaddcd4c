// Ledger entries: how they are written, and the strict reader.
//
// An entry is one line of JSON, hashed exactly as stored. docs/formats/ledger.md
// gives the grammar.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "attestors/base/digest.h"
#include "attestors/base/json.h"
#include "attestors/base/status.h"

namespace svidence::ledger {

using EntryIndex = std::uint64_t;

constexpr std::size_t kMaxEntryBytes = std::size_t{16} * 1024;
// Readers that hold numbers in doubles must read every index exactly.
constexpr EntryIndex kMaxIndex = (EntryIndex{1} << 53U) - 1;

// What the caller of the ledger knows; the committer adds index, time and links.
struct EntryDraft {
  std::string type;     // e.g. "issue.x509"
  std::string by;       // who asked, e.g. "server:a"
  std::string subject;  // e.g. "spiffe://example.org/agent/buyer/3f2a"
  std::string agent;    // name of the agent concerned; empty: the entry has no such member
  std::string members;  // the type's own members as JSON, e.g. `"now":1,"scope":3`; or empty
};

// Where an entry stands in the chain.
struct EntryPlace {
  EntryIndex index = 0;
  std::int64_t at_millis = 0;  // Unix time
  Digest prev{};               // leaf hash of entry index-1; zeros for entry 0
  std::optional<EntryIndex> subject_prev;
};

// An entry that has been read.
struct Entry {
  EntryPlace place;
  std::string type;
  std::string by;
  std::string subject;
  std::string agent;  // empty if the entry has no such member
  Json all;           // every member, the common ones too
};

// The bytes of the entry.
// Errors: InvalidArgument if they would exceed kMaxEntryBytes, or if a text of
//         the draft is not UTF-8.
StatusOr<std::string> RenderEntry(const EntryDraft& draft, const EntryPlace& place);

// Errors: InvalidArgument, naming the member, unless `bytes` hold the common
//         members in their order and with their types. Unknown types are kept.
StatusOr<Entry> ParseEntry(std::string_view bytes);

// RFC 3339 in UTC with milliseconds, "2026-11-23T18:00:00.123Z".
std::string FormatTime(std::int64_t unix_millis);
// Errors: InvalidArgument on any other form or an impossible date.
StatusOr<std::int64_t> ParseTime(std::string_view text);

// SHA-256(0x00 || entry). Source: RFC 6962, section 2.1.
Digest LeafHash(const Hasher& hasher, std::string_view entry);

}  // namespace svidence::ledger
