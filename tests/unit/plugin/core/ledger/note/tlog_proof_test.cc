#include "plugin/core/ledger/note/tlog_proof.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plugin/core/ledger/note/text.h"
#include "tests/support/golden.h"
#include "tests/support/note_log.h"
#include "tests/support/status_matchers.h"

namespace svidence::ledger {
namespace {

using ::svidence::testing::FlipBit;
using ::svidence::testing::IsOkAndHolds;
using ::svidence::testing::NoteLog;
using ::svidence::testing::ReadGolden;
using ::svidence::testing::StatusIs;
using ::testing::HasSubstr;

const std::string kFirst = "c2sp.org/tlog-proof@v1\n";

Digest Filled(unsigned byte) {
  Digest digest{};
  digest.fill(static_cast<std::uint8_t>(byte));
  return digest;
}

class TlogProofTest : public ::testing::Test {
 protected:
  // One that a policy and the checks below accept.
  TlogProof Good() const {
    return {.extra = "salt",
            .index = 4,
            .hashes = {Filled(1), Filled(2), Filled(3)},
            .checkpoint = log_.Note({1, 2})};
  }
  static StatusOr<std::string> Format(const TlogProof& proof) {
    return FormatTlogProof(proof.index, proof.hashes, proof.checkpoint, proof.extra);
  }
  StatusOr<Evaluation> Verify(const TlogProof& proof, const InclusionCheck& included) const {
    return VerifyTlogProof(proof, Filled(9), log_.Policy(), log_.context(), included);
  }
  // Says yes to Good() and nothing else.
  InclusionCheck Included() const {
    return [this](const Digest& leaf, std::uint64_t index, std::uint64_t size,
                  std::span<const Digest> hashes, const Digest& root) -> Status {
      const TlogProof good = Good();
      const bool same = leaf == Filled(9) && index == good.index && size == 7 &&
                        std::vector<Digest>(hashes.begin(), hashes.end()) == good.hashes &&
                        root == log_.Checkpoint().root;
      return same ? OkStatus() : PermissionDenied("not in the tree");
    };
  }

  NoteLog log_;
};

TEST_F(TlogProofTest, IsReadAndWrittenByteForByte) {
  TlogProof proof = Good();
  const StatusOr<std::string> text = Format(proof);
  ASSERT_TRUE(text.ok()) << text.status();
  EXPECT_TRUE(text->starts_with(kFirst + "extra c2FsdA==\nindex 4\nAQEBAQEB")) << *text;
  EXPECT_TRUE(text->ends_with("\n\n" + proof.checkpoint)) << *text;
  EXPECT_THAT(ParseTlogProof(*text), IsOkAndHolds(proof));

  proof.extra.clear();
  proof.hashes.clear();
  proof.index = 0;
  EXPECT_THAT(Format(proof), IsOkAndHolds(kFirst + "index 0\n\n" + proof.checkpoint));
  EXPECT_THAT(ParseTlogProof(*Format(proof)), IsOkAndHolds(proof));
}

TEST_F(TlogProofTest, TakesWhatAnotherImplementationWrote) {
  const std::string golden = ReadGolden("ledger/note/go.tlog-proof");
  const StatusOr<TlogProof> proof = ParseTlogProof(golden);
  ASSERT_TRUE(proof.ok()) << proof.status();
  EXPECT_EQ(proof->index, 4U);
  EXPECT_EQ(proof->extra, "entry 4");
  EXPECT_THAT(Format(*proof), IsOkAndHolds(golden));

  // Entry 4 of 7: its sibling 5, then 6 to the right, then 0 to 3 to the left.
  const Hasher& hasher = log_.hasher();
  const auto node = [&hasher](const Digest& left, const Digest& right) {
    return hasher.Sha256({"\x01", TextOf(left), TextOf(right)});
  };
  const InclusionCheck included = [&node](const Digest& leaf, std::uint64_t index,
                                          std::uint64_t size, std::span<const Digest> hashes,
                                          const Digest& root) -> Status {
    EXPECT_EQ(index, 4U);
    EXPECT_EQ(size, 7U);
    const bool good =
        hashes.size() == 3 && node(hashes[2], node(node(leaf, hashes[0]), hashes[1])) == root;
    return good ? OkStatus() : PermissionDenied("not in the tree");
  };
  const StatusOr<Policy> policy = Policy::Parse(hasher, ReadGolden("ledger/note/go.policy"));
  ASSERT_TRUE(policy.ok());
  const auto verify = [&](std::string_view entry) {
    const Digest leaf = hasher.Sha256({std::string_view("\0", 1), entry});
    return VerifyTlogProof(*proof, leaf, *policy, log_.context(4'000'000'000), included);
  };
  EXPECT_TRUE(verify("entry 4").ok()) << verify("entry 4").status();
  EXPECT_THAT(verify("entry 5"), StatusIs(StatusCode::kPermissionDenied));
}

TEST_F(TlogProofTest, IsRefusedWhereverItIsCutOff) {
  const std::string text = *Format(Good());
  const std::size_t first_signature = text.find("\n\xe2\x80\x94") + 1;
  const std::size_t end_of_first = text.find('\n', first_signature) + 1;
  for (std::size_t size = 0; size < text.size(); ++size) {
    const StatusOr<TlogProof> proof = ParseTlogProof(text.substr(0, size));
    // Between two signature lines it is a proof still, with fewer signatures.
    const bool between = size >= end_of_first && text[size - 1] == '\n';
    EXPECT_EQ(proof.ok(), between) << size;
    EXPECT_FALSE(proof.ok() && Verify(*proof, Included()).ok()) << size;
  }
}

struct Case {
  const char* name;
  std::string head;  // all before the checkpoint
};
class BadTlogProofTest : public ::testing::TestWithParam<Case> {};

TEST_P(BadTlogProofTest, IsRefused) {
  const NoteLog log;
  EXPECT_THAT(ParseTlogProof(GetParam().head + log.Note({})),
              StatusIs(StatusCode::kInvalidArgument));
}

const std::string kHash = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=\n";

INSTANTIATE_TEST_SUITE_P(
    Cases, BadTlogProofTest,
    ::testing::Values(
        Case{"Empty", ""}, Case{"OtherVersion", "c2sp.org/tlog-proof@v2\nindex 0\n\n"},
        Case{"NoFirstLine", "index 0\n\n"},
        Case{"CarriageReturn", "c2sp.org/tlog-proof@v1\r\nindex 0\n\n"},
        Case{"NoIndex", kFirst + "\n"}, Case{"IndexEmpty", kFirst + "index \n\n"},
        Case{"IndexLeadingZero", kFirst + "index 00\n\n"},
        Case{"IndexSigned", kFirst + "index +1\n\n"},
        Case{"IndexTwice", kFirst + "index 1\nindex 1\n\n"},
        Case{"IndexTooHigh", kFirst + "index 9223372036854775808\n\n"},
        Case{"IndexWithSpaces", kFirst + "index  1\n\n"},
        Case{"IndexWithTail", kFirst + "index 1 \n\n"},
        Case{"IndexInCapitals", kFirst + "INDEX 1\n\n"},
        Case{"ExtraEmpty", kFirst + "extra \nindex 0\n\n"},
        Case{"ExtraWithoutSpace", kFirst + "extra\nindex 0\n\n"},
        Case{"ExtraUnpadded", kFirst + "extra c2FsdA\nindex 0\n\n"},
        Case{"ExtraSpareBits", kFirst + "extra c2FsdB==\nindex 0\n\n"},
        Case{"ExtraTwice", kFirst + "extra c2FsdA==\nextra c2FsdA==\nindex 0\n\n"},
        Case{"ExtraBehindIndex", kFirst + "index 0\nextra c2FsdA==\n\n"},
        Case{"NoEmptyLine", kFirst + "index 0\n" + kHash},
        Case{"TwoEmptyLines", kFirst + "index 0\n\n\n"},
        Case{"HashWithSpace", kFirst + "index 0\n " + kHash + "\n"},
        Case{"HashShort", kFirst + "index 0\nAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQ==\n\n"},
        Case{"HashSpareBits", kFirst + "index 0\nAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQF=\n\n"},
        Case{"HashBehindEmptyLine", kFirst + "index 0\n\n" + kHash}),
    [](const ::testing::TestParamInfo<Case>& test) { return test.param.name; });

TEST_F(TlogProofTest, IsRefusedIfItsCheckpointIsNone) {
  const std::string head = kFirst + "index 0\n\n";
  for (const std::string& bad :
       {std::string(), std::string("x\n"), log_.Text(), log_.Text() + '\n',
        *FormatNote({.text = "x\n", .signatures = {log_.log().Sign("x\n")}}), log_.Note({}) + "\n",
        "\n" + log_.Note({})}) {
    EXPECT_THAT(ParseTlogProof(head + bad), StatusIs(StatusCode::kInvalidArgument)) << bad;
  }
}

TEST_F(TlogProofTest, BoundsItsHashes) {
  TlogProof proof = Good();
  proof.hashes.assign(kMaxTlogProofHashes, Filled(1));
  EXPECT_THAT(ParseTlogProof(*Format(proof)), IsOkAndHolds(proof));
  proof.hashes.push_back(Filled(1));
  EXPECT_THAT(Format(proof), StatusIs(StatusCode::kInvalidArgument));
  std::string text = kFirst + "index 0\n";
  for (std::size_t i = 0; i <= kMaxTlogProofHashes; ++i) text += kHash;
  const StatusOr<TlogProof> over = ParseTlogProof(text + '\n' + proof.checkpoint);
  EXPECT_THAT(over, StatusIs(StatusCode::kInvalidArgument));
  EXPECT_THAT(Message(over.status()), HasSubstr("at most 64 hashes"));
}

TEST_F(TlogProofTest, BoundsTheWhole) {
  TlogProof proof = Good();
  proof.extra.clear();
  const std::size_t rest = Format(proof)->size() + std::string_view("extra \n").size();
  // Base64 comes in fours: leave the remainder to the index.
  proof.extra.assign((kMaxTlogProofBytes - rest) / 4 * 3, 'x');
  while (Format(proof)->size() < kMaxTlogProofBytes) proof.index *= 10;
  const StatusOr<std::string> text = Format(proof);
  ASSERT_TRUE(text.ok()) << text.status();
  EXPECT_EQ(text->size(), kMaxTlogProofBytes);
  EXPECT_THAT(ParseTlogProof(*text), IsOkAndHolds(proof));
  proof.index *= 10;
  EXPECT_THAT(Format(proof), StatusIs(StatusCode::kResourceExhausted));
  std::string over = *text;
  over.insert(over.find("index ") + 7, "0");
  EXPECT_THAT(ParseTlogProof(over), StatusIs(StatusCode::kInvalidArgument));
  EXPECT_THAT(FormatTlogProof(0, {}, std::string(kMaxTlogProofBytes + 1, 'x')),
              StatusIs(StatusCode::kResourceExhausted));
}

TEST_F(TlogProofTest, IsNotWrittenWithAnIndexThatCannotBe) {
  EXPECT_TRUE(FormatTlogProof(kMaxTextNumber, {}, log_.Note({})).ok());
  EXPECT_THAT(FormatTlogProof(kMaxTextNumber + 1, {}, log_.Note({})),
              StatusIs(StatusCode::kInvalidArgument));
}

TEST_F(TlogProofTest, VerifiesAgainstPolicyAndTree) {
  const StatusOr<Evaluation> result = Verify(Good(), Included());
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_TRUE(result->holds());
  EXPECT_EQ(result->checkpoint, log_.Checkpoint());
}

TEST_F(TlogProofTest, IsRefusedIfTheTreeSaysNo) {
  TlogProof proof = Good();
  proof.hashes[1] = Filled(7);
  EXPECT_THAT(Verify(proof, Included()), StatusIs(StatusCode::kPermissionDenied));
}

TEST_F(TlogProofTest, DoesNotAskTheTreeAboutWhatThePolicyRefuses) {
  const InclusionCheck never = [](const Digest&, std::uint64_t, std::uint64_t,
                                  std::span<const Digest>, const Digest&) -> Status {
    ADD_FAILURE() << "the tree was asked";
    return OkStatus();
  };
  TlogProof proof = Good();
  proof.checkpoint = log_.Note({1});
  const StatusOr<Evaluation> no_quorum = Verify(proof, never);
  EXPECT_THAT(no_quorum, StatusIs(StatusCode::kPermissionDenied));
  EXPECT_THAT(Message(no_quorum.status()), HasSubstr("quorum"));
  proof.checkpoint = "x";
  EXPECT_THAT(Verify(proof, never), StatusIs(StatusCode::kInvalidArgument));
  proof = Good();
  proof.index = 7;
  const StatusOr<Evaluation> outside = Verify(proof, never);
  EXPECT_THAT(outside, StatusIs(StatusCode::kPermissionDenied));
  EXPECT_THAT(Message(outside.status()), HasSubstr("entry 7, its checkpoint covers 7"));
}

TEST_F(TlogProofTest, IsRefusedWithAnyBitFlippedThatIsNotExtra) {
  const TlogProof good = Good();
  const std::string text = *Format(good);
  const std::size_t extra_begin = kFirst.size();
  const std::size_t extra_end = text.find("index ");
  for (std::size_t bit = 0; bit < text.size() * 8; ++bit) {
    StatusOr<TlogProof> proof = ParseTlogProof(FlipBit(text, bit));
    if (!proof.ok() || !Verify(*proof, Included()).ok()) continue;
    // Nothing vouches for `extra`, as the format says.
    EXPECT_TRUE(bit / 8 >= extra_begin && bit / 8 < extra_end) << "bit " << bit;
    proof->extra = good.extra;
    EXPECT_EQ(*proof, good) << "bit " << bit;
  }
}

}  // namespace
}  // namespace svidence::ledger
