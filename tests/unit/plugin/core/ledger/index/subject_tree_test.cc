#include "plugin/core/ledger/index/subject_tree.h"

#include <initializer_list>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plugin/adapters/openssl/hasher.h"
#include "plugin/core/ledger/tree/hashing.h"
#include "tests/support/index_samples.h"
#include "tests/support/merkle_reference.h"

namespace svidence::ledger {
namespace {

class SubjectTreeTest : public ::testing::Test {
 protected:
  static SubjectRecord Record(std::uint8_t key) {
    SubjectRecord record{.count = 1, .head = key};
    record.key.fill(key);
    return record;
  }

  openssl::OpenSslHasher hasher = *openssl::OpenSslHasher::Create();
};

TEST_F(SubjectTreeTest, IsTheTreeOfTheSortedRecords) {
  const SubjectTree tree = *SubjectTree::Create(hasher, 300, {Record(9), Record(2), Record(200)});
  std::vector<Digest> leaves;
  for (const std::uint8_t key : std::initializer_list<std::uint8_t>{2, 9, 200}) {
    leaves.push_back(LeafHash(hasher, EncodeSubjectRecord(Record(key))));
  }
  EXPECT_EQ(tree.root().root, testing::MerkleReference(hasher).Root(leaves));
  EXPECT_EQ(tree.root().leaves, 3U);
  EXPECT_EQ(tree.root().size, 300U);
}

TEST_F(SubjectTreeTest, AnEmptyIndexHasTheEmptyRoot) {
  EXPECT_EQ(SubjectTree::Create(hasher, 0, {})->root().root, EmptyRoot(hasher));
}

TEST_F(SubjectTreeTest, RefusesTwoRecordsOfOneSubject) {
  EXPECT_EQ(SubjectTree::Create(hasher, 10, {Record(1), Record(2), Record(1)}).status().code(),
            StatusCode::kInvalidArgument);
}

TEST_F(SubjectTreeTest, ShowsTheRecordOrItsNeighbours) {
  const SubjectTree tree = *SubjectTree::Create(hasher, 300, {Record(10), Record(20), Record(30)});
  const auto positions = [&](std::uint8_t key) {
    std::vector<std::uint64_t> found;
    const SubjectProof proof = *tree.Prove(hasher, Record(key).key);
    for (const ProvedRecord& proved : proof) found.push_back(proved.position);
    return found;
  };
  EXPECT_THAT(positions(10), ::testing::ElementsAre(0));
  EXPECT_THAT(positions(30), ::testing::ElementsAre(2));
  EXPECT_THAT(positions(5), ::testing::ElementsAre(0));
  EXPECT_THAT(positions(15), ::testing::ElementsAre(0, 1));
  EXPECT_THAT(positions(25), ::testing::ElementsAre(1, 2));
  EXPECT_THAT(positions(35), ::testing::ElementsAre(2));
  EXPECT_TRUE(SubjectTree::Create(hasher, 0, {})->Prove(hasher, Record(1).key)->empty());
}

}  // namespace
}  // namespace svidence::ledger
