#include "plugin/core/trust/policy.h"

#include <gtest/gtest.h>

#include "attestors/base/encoding.h"
#include "plugin/adapters/openssl/hasher.h"
#include "tests/support/fake_hasher.h"
#include "tests/support/status_matchers.h"

namespace svidence::trust {
namespace {

constexpr DecayRule kRule{.half_life = 86400, .floor = 1000, .hold = 600};

TEST(PolicyTest, WritesOneLinePerStartValueBehindTheNameOfTheForm) {
  EXPECT_EQ(PolicyText(7000, kRule),
            "svidence-trust-start-v1\nscore=7000\nhalf_life=86400\nhold=600\nfloor=1000\n");
}

TEST(PolicyTest, NamesAPolicyByTheDigestOfItsText) {
  const testing::FakeHasher hasher;
  EXPECT_EQ(PolicyDigest(hasher, 7000, kRule),
            DigestText(hasher.Sha256({PolicyText(7000, kRule)})));
  EXPECT_NE(PolicyDigest(hasher, 7000, kRule), PolicyDigest(hasher, 6999, kRule));
}

// The digest that the golden entries carry, which another program computed.
TEST(PolicyTest, IsTheKnownAnswer) {
  const StatusOr<openssl::OpenSslHasher> hasher = openssl::OpenSslHasher::Create();
  ASSERT_THAT(hasher, testing::IsOk());
  EXPECT_EQ(PolicyDigest(*hasher, 7000, {.half_life = 86400, .floor = 1000, .hold = 0}),
            "sha256:02613060799e7714525674d8fe7eae221f2811219cca998a18a02b0e4f27d905");
}

}  // namespace
}  // namespace svidence::trust
