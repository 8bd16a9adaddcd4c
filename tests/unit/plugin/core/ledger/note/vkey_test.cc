#include "plugin/core/ledger/note/vkey.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "attestors/base/encoding.h"
#include "plugin/adapters/openssl/hasher.h"
#include "tests/support/status_matchers.h"

namespace svidence::ledger {
namespace {

using ::svidence::testing::IsOkAndHolds;
using ::svidence::testing::StatusIs;
using ::testing::HasSubstr;

// The example of c2sp.org/signed-note; accepted by Go's x/mod/sumdb/note.
constexpr std::string_view kPublished =
    "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";

class VkeyTest : public ::testing::Test {
 protected:
  openssl::OpenSslHasher hasher_ = *openssl::OpenSslHasher::Create();
};

TEST_F(VkeyTest, ReadsAndWritesThePublishedKey) {
  const StatusOr<Vkey> vkey = ParseVkey(hasher_, kPublished);
  ASSERT_TRUE(vkey.ok()) << vkey.status();
  EXPECT_EQ(vkey->name, "example.com/foo");
  EXPECT_EQ(HexEncode(vkey->key),
            "e932791ae6e7a840a46164c904786426d5e7821dd8b29a00d61cae72afdd4da4");
  EXPECT_EQ(KeyId(hasher_, *vkey), 0x530d903aU);
  EXPECT_EQ(FormatVkey(hasher_, *vkey), kPublished);
}

// The corrected example of C2SP#99.
TEST_F(VkeyTest, GivesThePublishedKeyIdOfALog) {
  Vkey vkey{
      .name = "sigsum.org/v1/tree/e796172b92befd62d9dc67e41c2f5bc9d3100a3023b20b1ca40288dd1c679e69",
      .key = {}};
  const std::string key =
      *HexDecode("66e0b858e462a609e66fe71370c816d8846ff103d5499a22a7fec37fdbc424a7");
  std::copy(key.begin(), key.end(), vkey.key.begin());
  EXPECT_EQ(KeyId(hasher_, vkey), 0x809da1a3U);
}

TEST_F(VkeyTest, ReadsBackEveryKeyThatItWrites) {
  Vkey vkey{.name = "example.org/svidence/x", .key = {}};
  for (unsigned i = 0; i < 256; ++i) {  // '+' and '/' come up in the base64
    vkey.key.fill(static_cast<std::uint8_t>(i));
    EXPECT_THAT(ParseVkey(hasher_, FormatVkey(hasher_, vkey)), IsOkAndHolds(vkey));
  }
}

TEST_F(VkeyTest, RefusesEveryFlippedBit) {
  for (std::size_t bit = 0; bit < kPublished.size() * 8; ++bit) {
    std::string bad(kPublished);
    bad[bit / 8] = static_cast<char>(static_cast<unsigned char>(bad[bit / 8]) ^ (1U << (bit % 8)));
    EXPECT_THAT(ParseVkey(hasher_, bad), StatusIs(StatusCode::kInvalidArgument)) << bad;
  }
}

TEST_F(VkeyTest, RefusesOtherForms) {
  for (const std::string_view bad :
       {"", "example.com/foo", "example.com/foo+530d903a", "+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id",
        "example.com/foo+530D903A+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k\n",
        "exam ple.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"}) {
    EXPECT_THAT(ParseVkey(hasher_, bad), StatusIs(StatusCode::kInvalidArgument)) << bad;
  }
}

TEST_F(VkeyTest, OfAWitnessIsNoneOfALog) {
  Vkey log{.name = "witness.example/w1", .key = {}, .type = KeyType::kEd25519};
  log.key.fill(0x5a);
  Vkey witness = log;
  witness.type = KeyType::kCosignature;
  EXPECT_NE(KeyId(hasher_, log), KeyId(hasher_, witness));
  const std::string text = FormatVkey(hasher_, witness);
  EXPECT_THAT(ParseVkey(hasher_, text, KeyType::kCosignature), IsOkAndHolds(witness));
  const StatusOr<Vkey> as_log = ParseVkey(hasher_, text);
  EXPECT_THAT(as_log, StatusIs(StatusCode::kInvalidArgument));
  EXPECT_THAT(Message(as_log.status()), HasSubstr("a log's key must be of type 1"));
  const StatusOr<Vkey> as_witness =
      ParseVkey(hasher_, FormatVkey(hasher_, log), KeyType::kCosignature);
  EXPECT_THAT(Message(as_witness.status()), HasSubstr("a witness's key must be of type 4"));
}

TEST_F(VkeyTest, MayHaveANameThatIsNotAscii) {
  const Vkey vkey{.name = "zeuge.example/ä\"\\", .key = {}};
  EXPECT_THAT(ParseVkey(hasher_, FormatVkey(hasher_, vkey)), IsOkAndHolds(vkey));
  EXPECT_FALSE(IsKeyName(vkey.name));
}

TEST_F(VkeyTest, HasNoSpaceOfUnicodeInItsName) {
  EXPECT_TRUE(IsNoteKeyName("a\xe2\x80\x8b"));  // U+200B is a format character
  EXPECT_TRUE(IsNoteKeyName("\xe2\x82\x80"));   // U+2080
  for (const std::string_view bad :
       {"a b", "a\tb", "a\nb", "a+b", "a\xc2\x85", "\xc2\xa0", "a\xe1\x9a\x80", "\xe2\x80\x80",
        "\xe2\x80\x8a", "\xe2\x80\xa8", "\xe2\x80\xa9", "\xe2\x80\xaf", "\xe2\x81\x9f",
        "\xe3\x80\x80", "\xff", "\xe2\x80", "\xc0\xa0"}) {
    EXPECT_FALSE(IsNoteKeyName(bad)) << bad;
  }
}

TEST_F(VkeyTest, BoundsTheName) {
  EXPECT_TRUE(IsNoteKeyName(std::string(kMaxKeyNameBytes, 'a')));
  EXPECT_FALSE(IsNoteKeyName(std::string(kMaxKeyNameBytes + 1, 'a')));
  EXPECT_FALSE(IsNoteKeyName(""));
  EXPECT_TRUE(IsKeyName(std::string(kMaxKeyNameBytes, 'a')));
  EXPECT_FALSE(IsKeyName(std::string(kMaxKeyNameBytes + 1, 'a')));
  EXPECT_FALSE(IsKeyName(""));
  EXPECT_FALSE(IsKeyName("a+b"));
  EXPECT_FALSE(IsKeyName("a b"));
}

}  // namespace
}  // namespace svidence::ledger
