#include "plugin/core/ledger/note/cosignature.h"

#include <string>

#include <gtest/gtest.h>

#include "plugin/core/ledger/note/checkpoint.h"
#include "plugin/core/ledger/note/text.h"
#include "tests/support/note_keys.h"
#include "tests/support/status_matchers.h"

namespace svidence::ledger {
namespace {

using ::svidence::testing::FailingNoteSigner;
using ::svidence::testing::FlipBit;
using ::svidence::testing::NoteKey;
using ::svidence::testing::StatusIs;

constexpr std::string_view kText =
    "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";

class CosignatureTest : public ::testing::Test {
 protected:
  std::optional<UnixSeconds> Time(std::string_view text, std::string_view bytes) const {
    return CosignatureTime(verifier_, witness_.vkey().key, text, bytes);
  }
  // A signature that says `time` and is over `signed_time`.
  std::string Made(UnixSeconds time, UnixSeconds signed_time) const {
    std::string bytes;
    for (int i = 7; i >= 0; --i) bytes += static_cast<char>(time >> (8 * i) & 0xffU);
    return bytes + witness_.Sign(CosignedMessage(signed_time, kText)).bytes;
  }

  openssl::OpenSslHasher hasher_ = *openssl::OpenSslHasher::Create();
  openssl::OpenSslEd25519Verifier verifier_;
  NoteKey witness_{hasher_, 2, "witness.example.com/w1", KeyType::kCosignature};
};

// The message of the format's page.
TEST_F(CosignatureTest, SignsThePublishedMessage) {
  EXPECT_EQ(CosignedMessage(1679315147, kText),
            "cosignature/v1\ntime 1679315147\nexample.com/behind-the-sofa\n20852163\n"
            "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n");
}

TEST_F(CosignatureTest, IsReadBackWithItsTime) {
  for (const UnixSeconds time : {UnixSeconds{1}, UnixSeconds{1679315147}, kMaxTextNumber}) {
    const StatusOr<NoteSignature> line = SignCosignature(witness_.signer(), kText, time);
    ASSERT_TRUE(line.ok()) << line.status();
    EXPECT_EQ(line->name, "witness.example.com/w1");
    EXPECT_EQ(line->key_id, KeyId(hasher_, witness_.vkey()));
    EXPECT_EQ(line->bytes.size(), 72U);
    EXPECT_EQ(line->bytes, Made(time, time));
    EXPECT_EQ(Time(kText, line->bytes), time);
  }
}

TEST_F(CosignatureTest, RefusesEveryFlippedBit) {
  const std::string good = Made(1679315147, 1679315147);
  for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
    EXPECT_EQ(Time(kText, FlipBit(good, bit)), std::nullopt) << "bit " << bit;
  }
  for (std::size_t bit = 0; bit < kText.size() * 8; ++bit) {
    EXPECT_EQ(Time(FlipBit(std::string(kText), bit), good), std::nullopt) << "bit " << bit;
  }
}

TEST_F(CosignatureTest, RefusesAnotherLengthAnotherTimeAnotherKey) {
  const std::string good = Made(5, 5);
  EXPECT_EQ(Time(kText, ""), std::nullopt);
  EXPECT_EQ(Time(kText, good.substr(1)), std::nullopt);
  EXPECT_EQ(Time(kText, good.substr(8)), std::nullopt);  // a plain signature
  EXPECT_EQ(Time(kText, good + '\0'), std::nullopt);
  EXPECT_EQ(Time(kText, Made(6, 5)), std::nullopt);
  const NoteKey other(hasher_, 3, "witness.example.com/w1", KeyType::kCosignature);
  EXPECT_EQ(CosignatureTime(verifier_, other.vkey().key, kText, good), std::nullopt);
}

TEST_F(CosignatureTest, RefusesATimeOverTheBoundThoughItIsSigned) {
  const UnixSeconds over = kMaxTextNumber + 1;
  EXPECT_EQ(Time(kText, Made(kMaxTextNumber, kMaxTextNumber)), kMaxTextNumber);
  EXPECT_EQ(Time(kText, Made(over, over)), std::nullopt);
}

TEST_F(CosignatureTest, IsNotMadeWithoutATimeOrACheckpointOrAWitness) {
  for (const UnixSeconds time : {UnixSeconds{0}, kMaxTextNumber + 1, ~UnixSeconds{0}}) {
    EXPECT_THAT(SignCosignature(witness_.signer(), kText, time),
                StatusIs(StatusCode::kInvalidArgument));
  }
  EXPECT_THAT(SignCosignature(witness_.signer(), "no checkpoint\n", 1),
              StatusIs(StatusCode::kInvalidArgument));
  const NoteKey log(hasher_, 2, "witness.example.com/w1");
  EXPECT_THAT(SignCosignature(log.signer(), kText, 1), StatusIs(StatusCode::kInvalidArgument));
}

TEST_F(CosignatureTest, PassesOnWhatKeepsTheKeyFromSigning) {
  const FailingNoteSigner away("w", KeyType::kCosignature, Unavailable("away"));
  EXPECT_THAT(SignCosignature(away, kText, 1), StatusIs(StatusCode::kUnavailable));
}

TEST(TimeLimitTest, AllowsThePastAndALittleOfTheFuture) {
  const TimeLimit limit{.now = 1000, .max_ahead = 10};
  EXPECT_TRUE(limit.Allows(0));
  EXPECT_TRUE(limit.Allows(1010));
  EXPECT_FALSE(limit.Allows(1011));
  EXPECT_FALSE(limit.Allows(~UnixSeconds{0}));
  const TimeLimit wide{.now = kMaxTextNumber, .max_ahead = ~UnixSeconds{0}};
  EXPECT_TRUE(wide.Allows(~UnixSeconds{0}));
}

}  // namespace
}  // namespace svidence::ledger
