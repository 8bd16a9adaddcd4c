#include "plugin/core/ledger/audit/fraud_proof.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plugin/adapters/openssl/hasher.h"
#include "plugin/core/ledger/audit/compare.h"
#include "plugin/core/ledger/batch_seal.h"
#include "plugin/core/ledger/tree/compact_range.h"
#include "tests/support/fake_node_reader.h"
#include "tests/support/merkle_reference.h"
#include "tests/support/note_keys.h"
#include "tests/support/status_matchers.h"

namespace svidence::ledger {
namespace {

using ::svidence::testing::FakeNodeReader;
using ::svidence::testing::FlipBit;
using ::svidence::testing::IsOk;
using ::svidence::testing::IsOkAndHolds;
using ::svidence::testing::MerkleReference;
using ::svidence::testing::NoteKey;
using ::svidence::testing::SampleLeaves;
using ::svidence::testing::StatusIs;
using ::testing::HasSubstr;

class FraudProofTest : public ::testing::Test {
 protected:
  FraudProofTest() {
    CompactRange range;
    for (const Digest& leaf : leaves_) (void)range.Append(hasher_, leaf, nodes_.Observer());
  }
  Digest Root(std::size_t size) const {
    return MerkleReference(hasher_).Root(std::span(leaves_).first(size));
  }
  SeenCheckpoint Signed(std::uint64_t size, const Digest& root, const NoteKey& key) const {
    return {.checkpoint = {.origin = key.signer().name(), .size = size, .root = root},
            .note = *SignTree(key.signer(), size, root)};
  }
  // That of an old checkpoint whose root is not the one of the new tree's beginning.
  FraudProof Proof(std::uint64_t old_size, std::uint64_t new_size) {
    Digest other = Root(old_size);
    other[0] ^= 1;
    const StatusOr<Comparison> compared = CompareCheckpoints(
        Signed(old_size, other, key_), Signed(new_size, Root(new_size), key_), nodes_, hasher_);
    EXPECT_THAT(compared, IsOk());
    return compared.ok() && compared->fraud ? *compared->fraud : FraudProof{};
  }
  StatusOr<std::string> Check(const FraudProof& proof) {
    const std::vector<TrustedKey> keys{key_.trusted()};
    return CheckFraudProof(proof, keys, verifier_, hasher_);
  }

  openssl::OpenSslHasher hasher_ = *openssl::OpenSslHasher::Create();
  openssl::OpenSslEd25519Verifier verifier_;
  NoteKey key_{hasher_, 1, "example.org/log"};
  std::vector<Digest> leaves_ = SampleLeaves(hasher_, 70);
  FakeNodeReader nodes_;
};

TEST_F(FraudProofTest, AnyTwoSizesGiveAProofThatHoldsOffline) {
  for (std::uint64_t new_size = 1; new_size <= 40; ++new_size) {
    for (std::uint64_t old_size = 1; old_size <= new_size; ++old_size) {
      const FraudProof proof = Proof(old_size, new_size);
      const StatusOr<std::string> text = FormatFraudProof(proof);
      ASSERT_THAT(text, IsOk());
      ASSERT_THAT(ParseFraudProof(*text), IsOkAndHolds(proof));
      ASSERT_THAT(Check(proof), IsOk()) << old_size << " " << new_size;
    }
  }
}

TEST_F(FraudProofTest, NobodyCanMakeOneAgainstAnHonestLog) {
  for (std::uint64_t old_size = 1; old_size < 40; ++old_size) {
    FraudProof proof{.nodes = *ReadFraudNodes(nodes_, old_size, 40),
                     .smaller = Signed(old_size, Root(old_size), key_).note,
                     .larger = Signed(40, Root(40), key_).note};
    EXPECT_THAT(Check(proof), StatusIs(StatusCode::kFailedPrecondition));
    for (Digest& node : proof.nodes) {
      node[5] ^= 1;
      EXPECT_THAT(Check(proof), StatusIs(StatusCode::kFailedPrecondition));
      node[5] ^= 1;
    }
    proof.nodes.pop_back();
    EXPECT_FALSE(Check(proof).ok());
  }
}

TEST_F(FraudProofTest, EveryFlippedBitMakesItProveNothing) {
  const std::string good = *FormatFraudProof(Proof(5, 11));
  for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
    const StatusOr<FraudProof> proof = ParseFraudProof(FlipBit(good, bit));
    if (proof.ok()) {
      EXPECT_FALSE(Check(*proof).ok()) << bit;
    }
  }
  for (std::size_t length = 0; length < good.size(); ++length) {
    EXPECT_THAT(ParseFraudProof(good.substr(0, length)), StatusIs(StatusCode::kInvalidArgument));
  }
  EXPECT_THAT(ParseFraudProof(good + 'x'), StatusIs(StatusCode::kInvalidArgument));
}

TEST_F(FraudProofTest, TakesTheLogsOwnSignaturesOnly) {
  const NoteKey other(hasher_, 2, "example.org/log");
  const NoteKey foreign(hasher_, 1, "example.org/other");
  FraudProof proof = Proof(5, 5);
  const std::string good = proof.larger;
  proof.larger = Signed(5, Root(5), other).note;
  EXPECT_THAT(Check(proof), StatusIs(StatusCode::kPermissionDenied));
  proof.larger = Signed(5, Root(5), foreign).note;
  EXPECT_FALSE(Check(proof).ok());
  const std::vector<TrustedKey> both{key_.trusted(), foreign.trusted()};
  EXPECT_THAT(CheckFraudProof(proof, both, verifier_, hasher_),
              StatusIs(StatusCode::kFailedPrecondition));
  proof.larger = proof.smaller;
  EXPECT_THAT(Check(proof), StatusIs(StatusCode::kFailedPrecondition));
  proof.larger = good;
  EXPECT_THAT(*Check(proof), HasSubstr("the log signed 5 entries with the root sha256:"));
  EXPECT_THAT(CheckFraudProof(proof, {}, verifier_, hasher_),
              StatusIs(StatusCode::kPermissionDenied));
}

// A checkpoint of nothing has one root only, and every log begins with nothing.
TEST_F(FraudProofTest, AnEmptyLogContradictsNothing) {
  const FraudProof proof{.nodes = {},
                         .smaller = Signed(0, kEmptyRoot, key_).note,
                         .larger = Signed(5, Root(5), key_).note};
  EXPECT_THAT(Check(proof), StatusIs(StatusCode::kFailedPrecondition));
}

struct BadText {
  std::string name;
  std::string text;
};
class BadFraudProofTest : public ::testing::TestWithParam<BadText> {};
TEST_P(BadFraudProofTest, IsRefused) {
  EXPECT_THAT(ParseFraudProof(GetParam().text), StatusIs(StatusCode::kInvalidArgument));
}
const std::string kHead = "svidence/fraud-proof@v1\n";
const std::string kZero = "node AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n";
std::string Repeat(const std::string& text, std::size_t times) {
  std::string all;
  while (times-- > 0) all += text;
  return all;
}
INSTANTIATE_TEST_SUITE_P(
    Table, BadFraudProofTest,
    ::testing::Values(BadText{"Empty", ""}, BadText{"OtherVersion", "svidence/fraud-proof@v2\n"},
                      BadText{"CarriageReturn", "svidence/fraud-proof@v1\r\nsmaller 0\nlarger 0\n"},
                      BadText{"ShortNode", kHead + "node AAAA\nsmaller 0\nlarger 0\n"},
                      BadText{"TooManyNodes", kHead + Repeat(kZero, 190) + "smaller 0\nlarger 0\n"},
                      BadText{"LeadingZero", kHead + "smaller 00\nlarger 0\n"},
                      BadText{"LongerThanTheRest", kHead + "smaller 0\nlarger 1\n"},
                      BadText{"Huge", kHead + "smaller 9223372036854775808\nlarger 0\n"},
                      BadText{"Reversed", kHead + "larger 0\nsmaller 0\n"},
                      BadText{"Behind", kHead + "smaller 0\nlarger 0\n\n"}),
    [](const auto& test) { return test.param.name; });

TEST(FraudProofBoundsTest, AreThoseOfTheForm) {
  FraudProof proof;
  proof.nodes.resize(kMaxFraudNodes);
  EXPECT_THAT(FormatFraudProof(proof), IsOk());
  EXPECT_THAT(ParseFraudProof(kHead + Repeat(kZero, 189) + "smaller 0\nlarger 0\n"), IsOk());
  proof.nodes.resize(kMaxFraudNodes + 1);
  EXPECT_THAT(FormatFraudProof(proof), StatusIs(StatusCode::kInvalidArgument));
  proof.nodes.clear();
  proof.larger.assign((std::size_t{1} << 20U) + 1, 'x');
  EXPECT_THAT(FormatFraudProof(proof), StatusIs(StatusCode::kInvalidArgument));
}

}  // namespace
}  // namespace svidence::ledger
