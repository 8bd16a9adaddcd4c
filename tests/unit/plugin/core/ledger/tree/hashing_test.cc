#include "plugin/core/ledger/tree/hashing.h"

#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "attestors/base/encoding.h"
#include "plugin/adapters/openssl/hasher.h"

namespace svidence::ledger {
namespace {

class TreeHashingTest : public ::testing::Test {
 protected:
  openssl::OpenSslHasher hasher_ = *openssl::OpenSslHasher::Create();
};

TEST_F(TreeHashingTest, GivesThePublishedRootOfNothing) {
  EXPECT_EQ(Base64Encode(EmptyRoot(hasher_)), "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
}

TEST_F(TreeHashingTest, GivesPublishedLeaves) {
  EXPECT_EQ(HexEncode(LeafHash(hasher_, "")),
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
  // From the tests of github.com/transparency-dev/merkle, rfc6962.
  EXPECT_EQ(HexEncode(LeafHash(hasher_, "L123456")),
            "395aa064aa4c29f7010acfe3f25db9485bbd4b91897b6ad7ad547639252b4d56");
}

TEST_F(TreeHashingTest, GivesThePublishedRootOfTwoLeaves) {
  const Digest nothing = LeafHash(hasher_, "");
  const Digest zero = LeafHash(hasher_, std::string_view("\0", 1));
  EXPECT_EQ(HexEncode(NodeHash(hasher_, nothing, zero)),
            "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125");
  EXPECT_NE(NodeHash(hasher_, zero, nothing), NodeHash(hasher_, nothing, zero));
}

TEST_F(TreeHashingTest, GivesThePublishedRootOfTheWorkedExample) {
  const StatusOr<Digest> first =
      ParseDigestText("sha256:70358d4a0845cf6de1c88808956b1cfd9c17ec09143a68ab9f8ccb19d5f65d7d");
  const StatusOr<Digest> second =
      ParseDigestText("sha256:30f1e3f6295c1ffa01d7af50170f67f7732864cf0cc2bdf647af0e87117c80c7");
  ASSERT_TRUE(first.ok() && second.ok());
  EXPECT_EQ(Base64Encode(NodeHash(hasher_, *first, *second)),
            "Hg1nzwAFz0sdCS8dtaSiqm0cr07EXcpEeOJ0NzkPlCg=");
}

// Else somebody could show the two children of a node as an entry.
TEST_F(TreeHashingTest, TellsANodeFromALeafOfTheSameBytes) {
  const Digest left = LeafHash(hasher_, "a");
  const Digest right = LeafHash(hasher_, "b");
  const std::string both = std::string(TextOf(left)) + std::string(TextOf(right));
  EXPECT_NE(NodeHash(hasher_, left, right), LeafHash(hasher_, both));
}

}  // namespace
}  // namespace svidence::ledger
