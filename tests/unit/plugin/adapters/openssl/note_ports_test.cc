#include "plugin/adapters/openssl/note_ports.h"

#include <algorithm>
#include <string>

#include <gtest/gtest.h>

#include "attestors/base/encoding.h"
#include "plugin/adapters/openssl/hasher.h"
#include "tests/support/note_keys.h"
#include "tests/support/status_matchers.h"

namespace svidence::openssl {
namespace {

using ::svidence::testing::KeyOfSeed;
using ::svidence::testing::StatusIs;

ledger::PublicKey KeyOf(std::string_view hex) {
  const std::string bytes = *HexDecode(hex);
  ledger::PublicKey key{};
  std::copy(bytes.begin(), bytes.end(), key.begin());
  return key;
}

// The group's order, 2^252 + 27742317777372353535851937790883648493. Source: RFC
// 8032, section 5.1.
const ledger::PublicKey kOrder =
    KeyOf("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");

// Adds the order to the second half of a signature: the same value, spelled anew.
ledger::Signature PlusOrder(ledger::Signature signature) {
  unsigned carry = 0;
  for (std::size_t i = 0; i < kOrder.size(); ++i) {
    carry += unsigned{signature[32 + i]} + kOrder[i];
    signature[32 + i] = static_cast<std::uint8_t>(carry & 0xffU);
    carry >>= 8U;
  }
  return signature;
}

class NotePortsTest : public ::testing::Test {
 protected:
  OpenSslHasher hasher_ = *OpenSslHasher::Create();
  OpenSslEd25519Verifier verifier_;
  Ed25519Key key_ = KeyOfSeed(1);
};

TEST_F(NotePortsTest, SignWhatTheyVerify) {
  const StatusOr<Ed25519NoteSigner> signer =
      Ed25519NoteSigner::Create(hasher_, key_, "example.org/log", ledger::KeyType::kEd25519);
  ASSERT_TRUE(signer.ok()) << signer.status();
  EXPECT_EQ(signer->name(), "example.org/log");
  EXPECT_EQ(signer->type(), ledger::KeyType::kEd25519);
  EXPECT_EQ(signer->key_id(), ledger::KeyId(hasher_, signer->vkey()));
  const StatusOr<ledger::Signature> signature = signer->Sign("message");
  ASSERT_TRUE(signature.ok());
  EXPECT_TRUE(verifier_.Verify(key_.public_key(), "message", *signature));
  EXPECT_FALSE(verifier_.Verify(key_.public_key(), "messagf", *signature));
}

TEST_F(NotePortsTest, RefuseANameThatNoKeyMayHave) {
  for (const std::string_view bad : {"", "a b", "a+b", "a\nb"}) {
    EXPECT_THAT(Ed25519NoteSigner::Create(hasher_, key_, bad, ledger::KeyType::kEd25519),
                StatusIs(StatusCode::kInvalidArgument))
        << bad;
  }
}

TEST_F(NotePortsTest, RefuseASecondSpellingOfASignature) {
  const ledger::Signature good = *key_.Sign("message");
  ASSERT_TRUE(verifier_.Verify(key_.public_key(), "message", good));
  ledger::Signature bad = good;
  for (int i = 0; i < 8; ++i) {  // S + L to S + 8 L still fit into 256 bits
    bad = PlusOrder(bad);
    EXPECT_FALSE(verifier_.Verify(key_.public_key(), "message", bad)) << i;
  }
  std::copy(kOrder.begin(), kOrder.end(), bad.begin() + 32);  // S = L, which is 0
  EXPECT_FALSE(verifier_.Verify(key_.public_key(), "message", bad));
}

// With such a key the all-zero S and R = the neutral point verify for some or for
// all messages, without any secret.
TEST_F(NotePortsTest, RefuseKeysForWhichAnybodyCanSign) {
  ledger::Signature forged{};
  forged[0] = 1;
  for (const std::string_view hex :
       {"0100000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000080",
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0000000000000000000000000000000000000000000000000000000000000080",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
        // The same points, their y not below 2^255-19.
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"}) {
    for (int i = 0; i < 64; ++i) {
      EXPECT_FALSE(verifier_.Verify(KeyOf(hex), "message " + std::to_string(i), forged)) << hex;
    }
  }
}

TEST_F(NotePortsTest, RefuseAKeyThatIsNoPoint) {
  ledger::PublicKey key{};
  key[0] = 2;  // y = 2 has no x
  EXPECT_FALSE(verifier_.Verify(key, "message", *key_.Sign("message")));
}

}  // namespace
}  // namespace svidence::openssl
