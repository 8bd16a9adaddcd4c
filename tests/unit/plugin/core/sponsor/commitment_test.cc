#include "plugin/core/sponsor/commitment.h"

#include <gtest/gtest.h>

#include "attestors/base/encoding.h"
#include "plugin/adapters/openssl/hasher.h"

namespace svidence::sponsor {
namespace {

class CommitmentTest : public ::testing::Test {
 protected:
  CommitmentTest() {
    for (std::size_t i = 0; i < salt_.size(); ++i) salt_[i] = static_cast<std::uint8_t>(i);
  }
  std::string Hex(std::string_view value) const {
    return HexEncode(Commit(hasher_, CommitField::kPerson, salt_, value));
  }

  openssl::OpenSslHasher hasher_ = *openssl::OpenSslHasher::Create();
  CommitSalt salt_{};
};

// Source: Python, hashlib.sha256(b"svidence/commit/v1\0" + bytes([1]) + bytes(range(32)) + value).
TEST_F(CommitmentTest, IsThatOfTheForm) {
  EXPECT_EQ(Hex("alice@example.org"),
            "de28593213a6d3e37c1cfc68bbdb43bfd85b3e32218dc0dcdfb19b1e192b5dc1");
  EXPECT_EQ(Hex(""), "75d548ab0ecf38f166e49fde802f4a3cb33b790286cc422519e176589221ca2b");
}

TEST_F(CommitmentTest, EveryPartCounts) {
  const Digest good = Commit(hasher_, CommitField::kPerson, salt_, "alice@example.org");
  EXPECT_NE(Commit(hasher_, static_cast<CommitField>(2), salt_, "alice@example.org"), good);
  EXPECT_NE(Commit(hasher_, CommitField::kPerson, salt_, "alice@example.orh"), good);
  salt_[31] ^= 1;
  EXPECT_NE(Commit(hasher_, CommitField::kPerson, salt_, "alice@example.org"), good);
}

}  // namespace
}  // namespace svidence::sponsor
