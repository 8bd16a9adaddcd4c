#include "plugin/core/ledger/index/subject_check.h"

#include <functional>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plugin/adapters/openssl/hasher.h"
#include "tests/support/index_samples.h"

namespace svidence::ledger {
namespace {

class SubjectCheckTest : public ::testing::Test {
 protected:
  IndexKey Key(const std::string& name) const {
    return IndexKeyOf(hasher, SubjectKind::kSubject, name);
  }

  openssl::OpenSslHasher hasher = *openssl::OpenSslHasher::Create();
};

TEST_F(SubjectCheckTest, ShowsEachSubjectAndTheAbsenceOfOthersInIndexesOfAllSizes) {
  for (const std::size_t subjects : {1U, 2U, 3U, 4U, 7U, 8U, 9U, 33U}) {
    const auto entries = testing::SubjectChain(hasher, 5 * subjects, subjects);
    const auto expected = testing::CountSubjects(hasher, entries);
    const SubjectTree tree = *testing::TableOf(hasher, entries).Build();
    for (const auto& [key, record] : expected) {
      const auto shown = VerifySubject(hasher, tree.root(), key, *tree.Prove(hasher, key));
      ASSERT_TRUE(shown.ok()) << shown.status();
      EXPECT_EQ(**shown, record);
    }
    for (std::size_t other = 0; other < 20; ++other) {
      const IndexKey key = Key("spiffe://example.org/agent/nobody/" + std::to_string(other));
      const auto shown = VerifySubject(hasher, tree.root(), key, *tree.Prove(hasher, key));
      ASSERT_TRUE(shown.ok()) << shown.status();
      EXPECT_FALSE(shown->has_value());
    }
  }
}

TEST_F(SubjectCheckTest, AnEmptyIndexHasNobody) {
  const SubjectTree empty = *SubjectTree::Create(hasher, 0, {});
  EXPECT_FALSE(VerifySubject(hasher, empty.root(), Key("a"), {})->has_value());
}

// What somebody who holds the index could show instead of the truth.
TEST_F(SubjectCheckTest, RefusesWhatTheIndexDoesNotSay) {
  const auto entries = testing::SubjectChain(hasher, 40, 8);
  const SubjectTree tree = *testing::TableOf(hasher, entries).Build();
  const auto& records = tree.records();
  const auto proof_of = [&](std::size_t at) { return *tree.Prove(hasher, records[at].key); };
  const auto neighbours = [&](std::size_t a, std::size_t b) {
    return SubjectProof{proof_of(a).front(), proof_of(b).front()};
  };
  // Stands between the second and the third.
  IndexKey between = records[1].key;
  between.back() = static_cast<std::uint8_t>(between.back() + 1);
  IndexKey before_all{};
  IndexKey behind_all;
  behind_all.fill(0xff);
  const auto changed = [&](const std::function<void(ProvedRecord&)>& change) {
    SubjectProof proof = proof_of(3);
    change(proof.front());
    return proof;
  };
  struct Case {
    const char* name;
    IndexKey key;
    SubjectProof proof;
  };
  const Case table[] = {
      {"one that is there is said to be absent", records[3].key, neighbours(2, 4)},
      {"nothing is shown", records[3].key, {}},
      {"nothing is shown of one that is absent", between, {}},
      {"another subject's record", records[3].key, proof_of(4)},
      {"a count that hides entries", records[3].key,
       changed([](ProvedRecord& p) { p.record.count -= 1; })},
      {"an older head", records[3].key, changed([](ProvedRecord& p) { p.record.head -= 1; })},
      {"a revocation that is hidden", records[3].key, changed([](ProvedRecord& p) {
         p.record.ever_revoked = p.record.revoked = !p.record.ever_revoked;
       })},
      {"another place", records[3].key, changed([](ProvedRecord& p) { p.position += 1; })},
      {"a shorter path", records[3].key, changed([](ProvedRecord& p) { p.path.pop_back(); })},
      {"neighbours that are none", between, neighbours(0, 3)},
      {"neighbours in the wrong order", between, neighbours(2, 1)},
      {"one neighbour of two", between, proof_of(1)},
      {"the first is not the first", before_all, proof_of(1)},
      {"the last is not the last", behind_all, proof_of(records.size() - 2)},
      {"three records", between, {proof_of(1).front(), proof_of(2).front(), proof_of(3).front()}},
      {"its record and a neighbour", records[3].key, neighbours(3, 4)},
  };
  for (const Case& c : table) {
    EXPECT_EQ(VerifySubject(hasher, tree.root(), c.key, c.proof).status().code(),
              StatusCode::kDataLoss)
        << c.name;
  }
  EXPECT_FALSE(VerifySubject(hasher, tree.root(), between, neighbours(1, 2))->has_value());
  EXPECT_FALSE(VerifySubject(hasher, tree.root(), before_all, proof_of(0))->has_value());
  EXPECT_FALSE(
      VerifySubject(hasher, tree.root(), behind_all, proof_of(records.size() - 1))->has_value());
}

TEST_F(SubjectCheckTest, RefusesARecordBeyondWhatTheIndexCovers) {
  const auto entries = testing::SubjectChain(hasher, 10, 2);
  const SubjectTree tree = *testing::TableOf(hasher, entries).Build();
  IndexRoot smaller = tree.root();
  smaller.size = 5;
  const IndexKey key = tree.records()[0].key;
  EXPECT_EQ(VerifySubject(hasher, smaller, key, *tree.Prove(hasher, key)).status().code(),
            StatusCode::kDataLoss);
}

}  // namespace
}  // namespace svidence::ledger
