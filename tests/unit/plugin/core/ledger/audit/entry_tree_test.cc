#include "plugin/core/ledger/audit/entry_tree.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plugin/adapters/openssl/hasher.h"
#include "plugin/core/ledger/tree/proof.h"
#include "plugin/core/ledger/tree/proof_check.h"
#include "tests/support/opened_ledger.h"
#include "tests/support/published_log.h"
#include "tests/support/status_matchers.h"
#include "tests/support/tampered_store.h"

namespace svidence::ledger {
namespace {

using ::svidence::testing::IsOk;
using ::svidence::testing::OpenedChain;
using ::svidence::testing::RootOf;
using ::svidence::testing::SourceOf;
using ::svidence::testing::StatusIs;
using ::svidence::testing::TamperedLedger;
using ::svidence::testing::Untouched;

class EntryTreeTest : public ::testing::Test {
 protected:
  StatusOr<std::unique_ptr<EntryTree>> Build(EntryIndex size) {
    StoreSource source = SourceOf(ledger_);
    return EntryTree::Build(hasher_, *source.OpenReader(), size);
  }

  openssl::OpenSslHasher hasher_ = *openssl::OpenSslHasher::Create();
  std::vector<StoredEntry> entries_ = OpenedChain(hasher_, 5000);
  TamperedLedger ledger_ = Untouched(entries_);
};

TEST_F(EntryTreeTest, ProvesAnyEntryInAnyTree) {
  StatusOr<std::unique_ptr<EntryTree>> tree = Build(entries_.size());
  ASSERT_THAT(tree, IsOk());
  for (const EntryIndex size : {1U, 2U, 1023U, 1024U, 1025U, 4096U, 5000U}) {
    const Digest root =
        RootOf(hasher_, {entries_.begin(), entries_.begin() + static_cast<std::ptrdiff_t>(size)});
    EXPECT_EQ(*RootAt(hasher_, **tree, size), root) << size;
    for (const EntryIndex index : {EntryIndex{0}, size / 2, size - 1}) {
      const StatusOr<std::vector<Digest>> proof = ProveInclusion(hasher_, **tree, index, size);
      ASSERT_THAT(proof, IsOk());
      EXPECT_THAT(VerifyInclusion(hasher_, entries_[index].leaf, index, size, *proof, root), IsOk())
          << index << " of " << size;
    }
  }
}

TEST_F(EntryTreeTest, KnowsWhichNodesItHasNot) {
  StatusOr<std::unique_ptr<EntryTree>> tree = Build(2048);
  ASSERT_THAT(tree, IsOk());
  const auto read = [&tree](NodeId node) {
    return (*tree)->Read(std::vector<NodeId>{node}).status();
  };
  EXPECT_THAT(read({.level = 11, .index = 0}), IsOk());
  EXPECT_THAT(read({.level = 11, .index = 1}), StatusIs(StatusCode::kNotFound));
  EXPECT_THAT(read({.level = 0, .index = 2048}), StatusIs(StatusCode::kNotFound));
  EXPECT_THAT((*tree)->Read(std::vector<NodeId>(kMaxNodesPerRead + 1)),
              StatusIs(StatusCode::kInvalidArgument));
}

TEST_F(EntryTreeTest, AnEntryThatIsGoneIsDamage) {
  EXPECT_THAT(Build(7000), StatusIs(StatusCode::kDataLoss));
  ledger_.entries[100].reset();
  EXPECT_THAT(Build(5000), StatusIs(StatusCode::kDataLoss));
}

}  // namespace
}  // namespace svidence::ledger
