#include "plugin/adapters/openssl/ed25519.h"

#include <algorithm>
#include <string>

#include <gtest/gtest.h>

#include "attestors/base/encoding.h"
#include "tests/support/status_matchers.h"

namespace svidence::openssl {
namespace {

using ::svidence::testing::StatusIs;

Secret SecretOf(std::string_view text) {
  Secret secret(text.size());
  std::copy(text.begin(), text.end(), secret.data());
  secret.SetSize(text.size());
  return secret;
}

// RFC 8410, section 10.3; the same key pair as RFC 8032's is not published in
// PEM form, so the signature below is checked with the verifier instead.
constexpr std::string_view kPublishedPem =
    "-----BEGIN PRIVATE KEY-----\n"
    "MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n"
    "-----END PRIVATE KEY-----\n";
constexpr std::string_view kPublishedPublicKey =
    "19bf44096984cdfe8541bac167dc3b96c85086aa30b6b6cb0c5c38ad703166e1";

TEST(Ed25519KeyTest, ReadsThePublishedKey) {
  const StatusOr<Ed25519Key> key = Ed25519Key::FromPem(SecretOf(kPublishedPem));
  ASSERT_TRUE(key.ok()) << key.status();
  EXPECT_EQ(HexEncode(key->public_key()), kPublishedPublicKey);
}

TEST(Ed25519KeyTest, WritesWhatItReads) {
  const StatusOr<Ed25519Key> key = Ed25519Key::FromPem(SecretOf(kPublishedPem));
  ASSERT_TRUE(key.ok());
  const StatusOr<Secret> pem = key->ToPem();
  ASSERT_TRUE(pem.ok());
  EXPECT_EQ(pem->Reveal(), kPublishedPem);
}

// RFC 8032, section 7.1, test 3.
TEST(Ed25519KeyTest, VerifiesThePublishedSignature) {
  const std::string key =
      *HexDecode("fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025");
  const std::string signature = *HexDecode(
      "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
      "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a");
  Ed25519PublicKey public_key{};
  Ed25519Signature signed_by{};
  std::copy(key.begin(), key.end(), public_key.begin());
  std::copy(signature.begin(), signature.end(), signed_by.begin());
  EXPECT_TRUE(VerifyEd25519(public_key, "\xaf\x82", signed_by));
  EXPECT_FALSE(VerifyEd25519(public_key, "\xaf\x83", signed_by));
}

TEST(Ed25519KeyTest, RefusesEveryFlippedBitOfASignature) {
  const StatusOr<Ed25519Key> key = Ed25519Key::Generate();
  ASSERT_TRUE(key.ok());
  const StatusOr<Ed25519Signature> signature = key->Sign("message");
  ASSERT_TRUE(signature.ok());
  ASSERT_TRUE(VerifyEd25519(key->public_key(), "message", *signature));
  for (std::size_t bit = 0; bit < signature->size() * 8; ++bit) {
    Ed25519Signature bad = *signature;
    bad[bit / 8] = static_cast<std::uint8_t>(bad[bit / 8] ^ (1U << (bit % 8)));
    EXPECT_FALSE(VerifyEd25519(key->public_key(), "message", bad)) << "bit " << bit;
  }
}

TEST(Ed25519KeyTest, SignsTheSameMessageWithTheSameBytes) {
  const StatusOr<Ed25519Key> key = Ed25519Key::Generate();
  ASSERT_TRUE(key.ok());
  EXPECT_EQ(*key->Sign("message"), *key->Sign("message"));
}

TEST(Ed25519KeyTest, GeneratesAnotherKeyEachTime) {
  EXPECT_NE(Ed25519Key::Generate()->public_key(), Ed25519Key::Generate()->public_key());
}

struct BadPemCase {
  const char* name;
  std::string_view pem;
};
class Ed25519BadPemTest : public ::testing::TestWithParam<BadPemCase> {};

TEST_P(Ed25519BadPemTest, IsRefused) {
  EXPECT_THAT(Ed25519Key::FromPem(SecretOf(GetParam().pem)),
              StatusIs(StatusCode::kInvalidArgument));
}

// Made with `openssl genpkey -algorithm x25519`.
constexpr std::string_view kX25519Pem =
    "-----BEGIN PRIVATE KEY-----\n"
    "MC4CAQAwBQYDK2VuBCIEIAhicx2qJM4jEDsUMMXpdvr2LyNFfHxUz6jUsY3W9Hth\n"
    "-----END PRIVATE KEY-----\n";

INSTANTIATE_TEST_SUITE_P(Cases, Ed25519BadPemTest,
                         ::testing::Values(BadPemCase{"Empty", ""}, BadPemCase{"Text", "not a key"},
                                           BadPemCase{"OtherAlgorithm", kX25519Pem},
                                           BadPemCase{"CutShort", kPublishedPem.substr(0, 60)}),
                         [](const ::testing::TestParamInfo<BadPemCase>& test) {
                           return test.param.name;
                         });

TEST(Ed25519KeyTest, RefusesAKeyFileOverTheBound) {
  EXPECT_THAT(Ed25519Key::FromPem(SecretOf(std::string(kMaxKeyFileBytes + 1, 'x'))),
              StatusIs(StatusCode::kInvalidArgument));
}

}  // namespace
}  // namespace svidence::openssl
