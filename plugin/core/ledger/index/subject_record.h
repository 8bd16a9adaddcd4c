// One leaf of the index: how often, and where last, a subject stands in the ledger.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "attestors/base/digest.h"
#include "attestors/base/status.h"
#include "plugin/core/ledger/entry.h"

namespace svidence::ledger {

// Which member of an entry is looked for.
enum class SubjectKind : std::uint8_t {
  kSubject,  // `subject`, e.g. a SPIFFE ID
  kAgent,    // `agent`: the entries on every instance of an agent
};

// Where a subject stands in the index, which is sorted by keys.
using IndexKey = Digest;

// SHA-256("subject" 0x00 || name), or "agent" for an agent's name: the index names
// nobody, but whoever knows a name finds it.
IndexKey IndexKeyOf(const Hasher& hasher, SubjectKind kind, std::string_view name);

struct SubjectRecord {
  IndexKey key{};
  std::uint64_t count = 0;  // entries on the subject, at least 1
  EntryIndex head = 0;      // index of the last of them
  Digest head_leaf{};       // its leaf hash
  // The last entry of the types `revoked` and `restored` says revoked; false if there
  // is none. For an agent: that of any instance.
  bool revoked = false;
  bool ever_revoked = false;

  friend bool operator==(const SubjectRecord&, const SubjectRecord&) = default;
};

// key || count, 8 bytes || head, 8 bytes || head_leaf || flags, 1 byte: 0x01 revoked,
// 0x02 ever revoked. Numbers have their most significant byte first.
constexpr std::size_t kSubjectRecordBytes = 32 + 8 + 8 + 32 + 1;

std::string EncodeSubjectRecord(const SubjectRecord& record);
// Errors: InvalidArgument on another length, an unknown flag, a count of 0, numbers
//         above kMaxIndex, more entries than there are places up to the head, or a
//         revocation that never was.
StatusOr<SubjectRecord> DecodeSubjectRecord(std::string_view bytes);

}  // namespace svidence::ledger
