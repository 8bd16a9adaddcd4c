#include "plugin/core/ledger/index/subject_record.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "attestors/base/encoding.h"
#include "plugin/adapters/openssl/hasher.h"

namespace svidence::ledger {
namespace {

SubjectRecord Sample() {
  SubjectRecord record{.count = 3, .head = 0x0102, .revoked = false, .ever_revoked = true};
  record.key.fill(0xaa);
  record.head_leaf.fill(0xbb);
  return record;
}

TEST(SubjectRecordTest, KeysAreHashesOfKindAndName) {
  const openssl::OpenSslHasher hasher = *openssl::OpenSslHasher::Create();
  // printf 'subject\0buyer' | sha256sum; printf 'agent\0buyer' | sha256sum
  EXPECT_EQ(DigestText(IndexKeyOf(hasher, SubjectKind::kSubject, "buyer")),
            "sha256:de97bf1cd8c6baac222c0f091a01b928545c7525e24dd72a1562a7d0ac50f72f");
  EXPECT_EQ(DigestText(IndexKeyOf(hasher, SubjectKind::kAgent, "buyer")),
            "sha256:1401f516464f329514fdf5cceb7a1b3a114ca4f95fb7e5f4a66c59b074aaa976");
}

TEST(SubjectRecordTest, HasTheBytesThatTheFormatSays) {
  const std::string bytes = EncodeSubjectRecord(Sample());
  EXPECT_EQ(bytes, std::string(32, '\xaa') + std::string("\0\0\0\0\0\0\0\3", 8) +
                       std::string("\0\0\0\0\0\0\1\2", 8) + std::string(32, '\xbb') + "\2");
  EXPECT_EQ(bytes.size(), kSubjectRecordBytes);
  EXPECT_EQ(*DecodeSubjectRecord(bytes), Sample());
}

TEST(SubjectRecordTest, RefusesWhatNoRecordSays) {
  const std::string good = EncodeSubjectRecord(Sample());
  const auto with = [&good](std::size_t at, const std::string& bytes) {
    std::string changed = good;
    changed.replace(at, bytes.size(), bytes);
    return changed;
  };
  const std::pair<const char*, std::string> table[] = {
      {"empty", ""},
      {"one byte short", good.substr(1)},
      {"one byte more", good + '\0'},
      {"unknown flag", with(80, "\4")},
      {"revoked and never was", with(80, "\1")},
      {"no entries", with(32, std::string(8, '\0'))},
      {"more entries than places", with(32, std::string("\0\0\0\0\0\0\1\4", 8))},
      {"a head above every index", with(40, std::string("\0\x20\0\0\0\0\0\0", 8))},
  };
  for (const auto& [name, bytes] : table) {
    EXPECT_EQ(DecodeSubjectRecord(bytes).status().code(), StatusCode::kInvalidArgument) << name;
  }
  EXPECT_TRUE(DecodeSubjectRecord(with(32, std::string("\0\0\0\0\0\0\1\3", 8))).ok());
}

}  // namespace
}  // namespace svidence::ledger
