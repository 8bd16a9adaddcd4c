#include "plugin/core/ledger/audit/subject_table.h"

#include <string>

#include <gtest/gtest.h>

#include "plugin/adapters/openssl/hasher.h"

namespace svidence::ledger {
namespace {

TEST(SubjectTableTest, KeepsSubjectsInTheOrderInWhichTheyCame) {
  const openssl::OpenSslHasher hasher = *openssl::OpenSslHasher::Create();
  const SubjectIndex keys(hasher);
  SubjectTable table;
  constexpr std::size_t kSubjects = 5000;
  for (std::size_t i = 0; i < kSubjects; ++i) {
    const SubjectSpan span{.key = keys.KeyOf(std::to_string(i)), .first = i, .last = i};
    EXPECT_EQ(table.FindOrAdd(span), nullptr);
  }
  for (std::size_t i = 0; i < kSubjects; ++i) {
    SubjectSpan* const span =
        table.FindOrAdd({.key = keys.KeyOf(std::to_string(i)), .first = 1, .last = 1});
    ASSERT_NE(span, nullptr);
    EXPECT_EQ(span->first, i);
    span->last = kSubjects + i;
  }
  ASSERT_EQ(table.spans().size(), kSubjects);
  for (std::size_t i = 0; i < kSubjects; ++i) EXPECT_EQ(table.spans()[i].last, kSubjects + i);
}

}  // namespace
}  // namespace svidence::ledger
