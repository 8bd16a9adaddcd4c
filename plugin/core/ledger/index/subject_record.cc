#include "plugin/core/ledger/index/subject_record.h"

#include <algorithm>

#include "attestors/base/encoding.h"

namespace svidence::ledger {
namespace {

using namespace std::literals;

constexpr std::uint8_t kRevoked = 0x01;
constexpr std::uint8_t kEverRevoked = 0x02;
constexpr std::size_t kCountAt = 32;
constexpr std::size_t kHeadAt = kCountAt + 8;
constexpr std::size_t kLeafAt = kHeadAt + 8;
constexpr std::size_t kFlagsAt = kLeafAt + 32;

void AppendNumber(std::string& out, std::uint64_t number) {
  for (int shift = 56; shift >= 0; shift -= 8) {
    out.push_back(static_cast<char>((number >> static_cast<unsigned>(shift)) & 0xffU));
  }
}

Digest DigestAt(std::string_view bytes, std::size_t at) {
  Digest digest{};
  std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(at), digest.size(), digest.begin());
  return digest;
}

std::uint64_t NumberAt(std::string_view bytes, std::size_t at) {
  std::uint64_t number = 0;
  for (std::size_t i = at; i < at + 8; ++i) {
    number = (number << 8U) | static_cast<std::uint8_t>(bytes[i]);
  }
  return number;
}

}  // namespace

IndexKey IndexKeyOf(const Hasher& hasher, SubjectKind kind, std::string_view name) {
  return hasher.Sha256({kind == SubjectKind::kAgent ? "agent\0"sv : "subject\0"sv, name});
}

std::string EncodeSubjectRecord(const SubjectRecord& record) {
  std::string out;
  out.reserve(kSubjectRecordBytes);
  out += TextOf(record.key);
  AppendNumber(out, record.count);
  AppendNumber(out, record.head);
  out += TextOf(record.head_leaf);
  out.push_back(static_cast<char>((record.revoked ? kRevoked : 0U) |
                                  (record.ever_revoked ? kEverRevoked : 0U)));
  return out;
}

StatusOr<SubjectRecord> DecodeSubjectRecord(std::string_view bytes) {
  if (bytes.size() != kSubjectRecordBytes) {
    return InvalidArgument("a record of the index must have " +
                           std::to_string(kSubjectRecordBytes) + " bytes, has " +
                           std::to_string(bytes.size()));
  }
  const auto flags = static_cast<std::uint8_t>(bytes[kFlagsAt]);
  const SubjectRecord record{.key = DigestAt(bytes, 0),
                             .count = NumberAt(bytes, kCountAt),
                             .head = NumberAt(bytes, kHeadAt),
                             .head_leaf = DigestAt(bytes, kLeafAt),
                             .revoked = (flags & kRevoked) != 0,
                             .ever_revoked = (flags & kEverRevoked) != 0};
  if ((flags & ~(kRevoked | kEverRevoked)) != 0) {
    return InvalidArgument("a record of the index has a flag that is not known");
  }
  if (record.head > kMaxIndex || record.count == 0 || record.count - 1 > record.head) {
    return InvalidArgument("a record of the index counts " + std::to_string(record.count) +
                           " entries up to index " + std::to_string(record.head));
  }
  if (record.revoked && !record.ever_revoked) {
    return InvalidArgument("a record of the index is revoked and never was");
  }
  return record;
}

}  // namespace svidence::ledger
