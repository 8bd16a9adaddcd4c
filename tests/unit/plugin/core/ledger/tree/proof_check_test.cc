#include "plugin/core/ledger/tree/proof_check.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "attestors/base/encoding.h"
#include "plugin/adapters/openssl/hasher.h"
#include "plugin/core/ledger/tree/hashing.h"
#include "plugin/core/ledger/tree/subtree.h"
#include "tests/support/golden.h"
#include "tests/support/merkle_reference.h"
#include "tests/support/status_matchers.h"

namespace svidence::ledger {
namespace {

using ::svidence::testing::IsOk;
using ::svidence::testing::MerkleReference;
using ::svidence::testing::ReadGolden;
using ::svidence::testing::SampleLeaves;
using ::svidence::testing::StatusIs;
using ::testing::HasSubstr;

Digest Flip(Digest digest, std::size_t bit) {
  digest[bit / 8] = static_cast<std::uint8_t>(digest[bit / 8] ^ (1U << (bit % 8)));
  return digest;
}

class ProofCheckTest : public ::testing::Test {
 protected:
  struct Inclusion {
    Digest leaf{};
    std::uint64_t index = 0;
    std::uint64_t size = 0;
    std::vector<Digest> proof;
    Digest root{};
  };
  struct Consistency {
    std::uint64_t old_size = 0;
    std::uint64_t new_size = 0;
    std::vector<Digest> proof;
    Digest old_root{};
    Digest new_root{};
  };

  Inclusion GoodInclusion(std::size_t index, std::size_t size) const {
    const auto leaves = std::span(leaves_).first(size);
    return {leaves[index], index, size, reference_.Path(index, leaves), reference_.Root(leaves)};
  }
  Consistency GoodConsistency(std::size_t old_size, std::size_t new_size) const {
    const auto leaves = std::span(leaves_).first(new_size);
    return {old_size, new_size, reference_.Proof(old_size, leaves),
            reference_.Root(leaves.first(old_size)), reference_.Root(leaves)};
  }
  Status Check(const Inclusion& it) const {
    return VerifyInclusion(hasher_, it.leaf, it.index, it.size, it.proof, it.root);
  }
  Status Check(const Consistency& it) const {
    return VerifyConsistency(hasher_, it.old_size, it.new_size, it.proof, it.old_root, it.new_root);
  }
  // No proof may hold with a node too many or too few, wherever.
  template <typename Claim>
  void ExpectNoOtherLength(const Claim& good) const {
    for (std::size_t i = 0; i <= good.proof.size(); ++i) {
      Claim bad = good;
      bad.proof.insert(bad.proof.begin() + static_cast<std::ptrdiff_t>(i), leaves_[0]);
      EXPECT_THAT(Check(bad), StatusIs(StatusCode::kInvalidArgument)) << "node added at " << i;
    }
    for (std::size_t i = 0; i < good.proof.size(); ++i) {
      Claim bad = good;
      bad.proof.erase(bad.proof.begin() + static_cast<std::ptrdiff_t>(i));
      EXPECT_THAT(Check(bad), StatusIs(StatusCode::kInvalidArgument)) << "node removed at " << i;
    }
  }
  template <typename Claim>
  void ExpectNoFlippedBit(const Claim& good, Digest Claim::*member) const {
    for (std::size_t bit = 0; bit < 256; ++bit) {
      Claim bad = good;
      bad.*member = Flip(good.*member, bit);
      ASSERT_THAT(Check(bad), StatusIs(StatusCode::kDataLoss)) << "bit " << bit;
    }
  }
  template <typename Claim>
  void ExpectNoFlippedBitOfTheProof(const Claim& good) const {
    for (std::size_t bit = 0; bit < good.proof.size() * 256; ++bit) {
      Claim bad = good;
      bad.proof[bit / 256] = Flip(good.proof[bit / 256], bit % 256);
      ASSERT_THAT(Check(bad), StatusIs(StatusCode::kDataLoss)) << "bit " << bit;
    }
  }

  openssl::OpenSslHasher hasher_ = *openssl::OpenSslHasher::Create();
  MerkleReference reference_{hasher_};
  std::vector<Digest> leaves_ = SampleLeaves(hasher_, 300);
};

TEST_F(ProofCheckTest, AcceptsEveryInclusionOfSmallTrees) {
  for (std::size_t size = 1; size <= 40; ++size) {
    for (std::size_t index = 0; index < size; ++index) {
      ASSERT_THAT(Check(GoodInclusion(index, size)), IsOk()) << index << " in " << size;
    }
  }
}

TEST_F(ProofCheckTest, AcceptsEveryConsistencyOfSmallTrees) {
  for (std::size_t size = 1; size <= 40; ++size) {
    for (std::size_t old = 1; old <= size; ++old) {
      ASSERT_THAT(Check(GoodConsistency(old, size)), IsOk()) << old << " to " << size;
    }
  }
}

constexpr std::array<std::pair<std::size_t, std::size_t>, 9> kInclusions = {
    {{0, 1}, {0, 2}, {2, 3}, {5, 7}, {7, 8}, {254, 255}, {255, 256}, {256, 257}, {0, 257}}};
constexpr std::array<std::pair<std::size_t, std::size_t>, 9> kConsistencies = {
    {{1, 2}, {2, 3}, {3, 7}, {7, 8}, {4, 8}, {255, 256}, {256, 257}, {3, 257}, {254, 255}}};

TEST_F(ProofCheckTest, RefusesEveryFlippedBitOfAnInclusion) {
  for (const auto& [index, size] : kInclusions) {
    const Inclusion good = GoodInclusion(index, size);
    ASSERT_THAT(Check(good), IsOk());
    ExpectNoFlippedBit(good, &Inclusion::leaf);
    ExpectNoFlippedBit(good, &Inclusion::root);
    ExpectNoFlippedBitOfTheProof(good);
  }
}

TEST_F(ProofCheckTest, RefusesEveryFlippedBitOfAConsistency) {
  for (const auto& [old_size, new_size] : kConsistencies) {
    const Consistency good = GoodConsistency(old_size, new_size);
    ASSERT_THAT(Check(good), IsOk());
    ExpectNoFlippedBit(good, &Consistency::old_root);
    ExpectNoFlippedBit(good, &Consistency::new_root);
    ExpectNoFlippedBitOfTheProof(good);
  }
}

TEST_F(ProofCheckTest, RefusesProofsOfAnotherLength) {
  for (const auto& [index, size] : kInclusions) ExpectNoOtherLength(GoodInclusion(index, size));
  for (const auto& [old_size, new_size] : kConsistencies) {
    ExpectNoOtherLength(GoodConsistency(old_size, new_size));
  }
}

TEST_F(ProofCheckTest, RefusesAnotherIndex) {
  for (std::size_t index = 0; index < 21; ++index) {
    Inclusion bad = GoodInclusion(index, 21);
    for (bad.index = 0; bad.index < 40; ++bad.index) {
      if (bad.index != index) {
        ASSERT_FALSE(Check(bad).ok()) << bad.index << " for " << index;
      }
    }
  }
}

// A proof does not fix the size alone: some other sizes have the same shape left
// and above of the leaf. What fixes it is that the size is signed with the root.
TEST_F(ProofCheckTest, TakesTheSizeFromItsCaller) {
  Inclusion other = GoodInclusion(0, 7);
  other.size = 8;
  EXPECT_THAT(Check(other), IsOk());
  other.size = 9;
  EXPECT_THAT(Check(other), StatusIs(StatusCode::kInvalidArgument));
}

TEST_F(ProofCheckTest, RefusesAnotherOldSize) {
  for (std::size_t old = 1; old < 21; ++old) {
    Consistency bad = GoodConsistency(old, 21);
    for (bad.old_size = 0; bad.old_size < 24; ++bad.old_size) {
      if (bad.old_size != old) {
        ASSERT_FALSE(Check(bad).ok()) << bad.old_size << " for " << old;
      }
    }
  }
}

TEST_F(ProofCheckTest, RefusesSwappedRootsAndNodes) {
  Consistency bad = GoodConsistency(3, 7);
  std::swap(bad.old_root, bad.new_root);
  EXPECT_THAT(Check(bad), StatusIs(StatusCode::kDataLoss));
  for (std::size_t i = 0; i + 1 < 4; ++i) {
    bad = GoodConsistency(3, 7);
    ASSERT_EQ(bad.proof.size(), 4U);
    std::swap(bad.proof[i], bad.proof[i + 1]);
    EXPECT_THAT(Check(bad), StatusIs(StatusCode::kDataLoss));
  }
}

TEST_F(ProofCheckTest, SaysWhichRootDiffers) {
  Consistency bad = GoodConsistency(3, 7);
  bad.old_root = leaves_[0];
  EXPECT_THAT(Message(Check(bad)), HasSubstr("leads to the old root sha256:"));
  bad = GoodConsistency(3, 7);
  bad.new_root = leaves_[0];
  EXPECT_THAT(Message(Check(bad)), HasSubstr("leads to the new root sha256:"));
}

TEST_F(ProofCheckTest, ComparesTreesOfOneSize) {
  for (const std::size_t size : {1U, 7U, 8U}) {
    Consistency same = GoodConsistency(size, size);
    EXPECT_THAT(Check(same), IsOk());
    same.proof.push_back(leaves_[0]);
    EXPECT_THAT(Check(same), StatusIs(StatusCode::kInvalidArgument));
    same.proof.clear();
    same.old_root = leaves_[1];
    EXPECT_THAT(Check(same), StatusIs(StatusCode::kDataLoss));
  }
  const Digest empty = EmptyRoot(hasher_);
  EXPECT_THAT(VerifyConsistency(hasher_, 0, 0, {}, empty, empty), IsOk());
  EXPECT_THAT(VerifyConsistency(hasher_, 0, 0, {}, leaves_[0], leaves_[0]),
              StatusIs(StatusCode::kDataLoss));
}

TEST_F(ProofCheckTest, HasNothingToVerifyFromAnEmptyTree) {
  const Digest root = reference_.Root(leaves_);
  EXPECT_THAT(VerifyConsistency(hasher_, 0, 300, {}, EmptyRoot(hasher_), root),
              StatusIs(StatusCode::kInvalidArgument));
}

TEST_F(ProofCheckTest, RefusesWhatNoTreeHas) {
  constexpr std::uint64_t kAll = ~std::uint64_t{0};
  const std::vector<Digest> proof(64);
  for (const std::uint64_t size : {kMaxTreeSize + 1, kAll}) {
    EXPECT_THAT(VerifyInclusion(hasher_, {}, 0, size, proof, {}),
                StatusIs(StatusCode::kInvalidArgument));
    EXPECT_THAT(VerifyConsistency(hasher_, 1, size, proof, {}, {}),
                StatusIs(StatusCode::kInvalidArgument));
    EXPECT_THAT(VerifyConsistency(hasher_, size, size, {}, {}, {}),
                StatusIs(StatusCode::kInvalidArgument));
    EXPECT_THAT(VerifyConsistency(hasher_, size, 5, {}, {}, {}),
                StatusIs(StatusCode::kInvalidArgument));
    EXPECT_THAT(VerifyInclusion(hasher_, {}, size, 5, proof, {}),
                StatusIs(StatusCode::kInvalidArgument));
  }
  EXPECT_THAT(VerifyInclusion(hasher_, {}, 0, 0, {}, {}), StatusIs(StatusCode::kInvalidArgument));
  EXPECT_THAT(VerifyInclusion(hasher_, {}, 7, 7, {}, {}), StatusIs(StatusCode::kInvalidArgument));
}

// Roots, leaves and nodes are texts there, of any length. Ours are digests: a text
// of another length stands here filled up with zeros, and an empty leaf or root,
// which that library refuses first, cannot be given.
std::optional<Digest> DigestIn(const nlohmann::json& text) {
  const StatusOr<std::string> bytes = Base64Decode(text.get<std::string>());
  Digest digest{};
  if (!bytes.ok() || bytes->size() > digest.size() || bytes->empty()) return std::nullopt;
  std::copy(bytes->begin(), bytes->end(), digest.begin());
  return digest;
}

std::vector<Digest> ProofIn(const nlohmann::json& vector) {
  std::vector<Digest> proof;
  for (const nlohmann::json& node : vector.at("proof")) {
    proof.push_back(DigestIn(node).value_or(Digest{}));
  }
  return proof;
}

std::vector<nlohmann::json> Vectors(const std::string& name) {
  std::vector<nlohmann::json> vectors;
  std::string text = ReadGolden("ledger/merkle/" + name);
  for (std::size_t end = text.find('\n'); end != std::string::npos; end = text.find('\n')) {
    vectors.push_back(nlohmann::json::parse(text.substr(0, end)));
    text.erase(0, end + 1);
  }
  EXPECT_EQ(vectors.size(), 98U);
  return vectors;
}

TEST_F(ProofCheckTest, JudgesInclusionsAsAnotherImplementationDoes) {
  std::size_t good = 0;
  for (const nlohmann::json& vector : Vectors("inclusion.jsonl")) {
    const std::optional<Digest> leaf = DigestIn(vector.at("leafHash"));
    const std::optional<Digest> root = DigestIn(vector.at("root"));
    bool ok = false;
    if (leaf && root) {
      ok = VerifyInclusion(hasher_, *leaf, vector.at("leafIdx").get<std::uint64_t>(),
                           vector.at("treeSize").get<std::uint64_t>(), ProofIn(vector), *root)
               .ok();
    }
    EXPECT_EQ(ok, !vector.at("wantErr").get<bool>()) << vector.at("file");
    if (ok) ++good;
  }
  EXPECT_EQ(good, 6U);
}

TEST_F(ProofCheckTest, JudgesConsistenciesAsAnotherImplementationDoes) {
  std::size_t good = 0;
  for (const nlohmann::json& vector : Vectors("consistency.jsonl")) {
    const std::optional<Digest> old_root = DigestIn(vector.at("root1"));
    const std::optional<Digest> new_root = DigestIn(vector.at("root2"));
    ASSERT_TRUE(old_root && new_root) << vector.at("file");
    const bool ok = VerifyConsistency(hasher_, vector.at("size1").get<std::uint64_t>(),
                                      vector.at("size2").get<std::uint64_t>(), ProofIn(vector),
                                      *old_root, *new_root)
                        .ok();
    EXPECT_EQ(ok, !vector.at("wantErr").get<bool>()) << vector.at("file");
    if (ok) ++good;
  }
  EXPECT_EQ(good, 6U);
}

}  // namespace
}  // namespace svidence::ledger
