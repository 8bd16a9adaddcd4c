#include "plugin/core/ledger/subject_index.h"

#include <string>

#include <gtest/gtest.h>

#include "plugin/adapters/openssl/hasher.h"

namespace svidence::ledger {
namespace {

class SubjectIndexTest : public ::testing::Test {
 protected:
  openssl::OpenSslHasher hasher_ = *openssl::OpenSslHasher::Create();
  SubjectIndex index_{hasher_};
};

TEST_F(SubjectIndexTest, RemembersTheLastEntryOfEachSubject) {
  EXPECT_EQ(index_.Last("a"), std::nullopt);
  index_.Set("a", 0);
  index_.Set("b", 1);
  index_.Set("a", 2);
  EXPECT_EQ(index_.Last("a"), EntryIndex{2});
  EXPECT_EQ(index_.Last("b"), EntryIndex{1});
}

TEST_F(SubjectIndexTest, IsRestoredFromTheKeysOfItsSubjects) {
  index_.Set(SubjectIndex::Key(SubjectKeyOf(hasher_, "a")), EntryIndex{7});
  EXPECT_EQ(index_.Last("a"), EntryIndex{7});
  EXPECT_EQ(index_.KeyOf("a"), SubjectIndex::Key(SubjectKeyOf(hasher_, "a")));
}

TEST_F(SubjectIndexTest, TakesASubjectBack) {
  const SubjectIndex::Key key = index_.KeyOf("a");
  index_.Set(key, EntryIndex{5});
  index_.Set(key, std::nullopt);
  EXPECT_EQ(index_.Last(key), std::nullopt);
  index_.Set(key, EntryIndex{6});
  EXPECT_EQ(index_.Last(key), EntryIndex{6});
}

TEST_F(SubjectIndexTest, HoldsManySubjectsInLittleMemory) {
  constexpr EntryIndex kSubjects = 100'000;
  for (EntryIndex i = 0; i < kSubjects; ++i) {
    index_.Set("spiffe://example.org/agent/buyer/" + std::to_string(i), i);
  }
  EXPECT_EQ(index_.size(), kSubjects);
  EXPECT_LE(index_.memory_bytes(), std::size_t{10} * 1024 * 1024);
  for (EntryIndex i = 0; i < kSubjects; i += 997) {
    ASSERT_EQ(index_.Last("spiffe://example.org/agent/buyer/" + std::to_string(i)), i);
  }
}

}  // namespace
}  // namespace svidence::ledger
