#include "plugin/shim/sha256.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace svidence::shim {
namespace {

std::string HashInPieces(const std::string& message, std::size_t piece) {
  Sha256 hash;
  for (std::size_t i = 0; i < message.size(); i += piece) {
    hash.Update(std::string_view(message).substr(i, piece));
  }
  return ToHex(hash.Finish());
}

struct Case {
  const char* name;
  std::string message;
  const char* digest;
};

class Sha256Test : public ::testing::TestWithParam<Case> {};

TEST_P(Sha256Test, GivesTheKnownDigestHoweverTheMessageIsCut) {
  const Case& test = GetParam();
  for (const std::size_t piece : {std::size_t{1}, std::size_t{63}, std::size_t{64}, std::size_t{65},
                                  test.message.size() + 1}) {
    EXPECT_EQ(HashInPieces(test.message, piece), test.digest) << "pieces of " << piece;
  }
}

// NIST: FIPS 180-4 examples (SHA256.pdf) and the short messages of CAVS 11.0
// (SHA256ShortMsg.rsp); the runs of 'a' around a block's padding by sha256sum.
INSTANTIATE_TEST_SUITE_P(
    Vectors, Sha256Test,
    ::testing::Values(
        Case{"Empty", "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        Case{"CavsOneByte", "\xd3",
             "28969cdfa74a12c82f3bad960b0b000aca2ac329deea5c2328ebc6f2ba9802c1"},
        Case{"CavsFourBytes", "\x74\xba\x25\x21",
             "b16aa56be3880d18cd41e68384cf1ec8c17680c45a02b1575dc1518923ae8b0e"},
        Case{"Abc", "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
        Case{"TwoBlocks", "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
             "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
        Case{"FourBlocksOfTheSameKind",
             "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmno"
             "ijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
             "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"},
        Case{"LengthFitsIntoTheLastBlock", std::string(55, 'a'),
             "9f4390f8d30c2dd92ec9f095b65e2b9ae9b0a925a5258e241c9f1e910f734318"},
        Case{"LengthNeedsABlockOfItsOwn", std::string(56, 'a'),
             "b35439a4ac6f0948b6d6f9e3c6af0f5f590ce20f1bde7090ef7970686ec6738a"},
        Case{"OneByteShortOfABlock", std::string(63, 'a'),
             "7d3e74a05d7db15bce4ad9ec0658ea98e3f06eeecf16b4c6fff2da457ddc2f34"},
        Case{"OneBlock", std::string(64, 'a'),
             "ffe054fe7ae0cb6dc65c3af9b61d5209f439851db43d0ba5997337df154668eb"},
        Case{"OneByteMoreThanABlock", std::string(65, 'a'),
             "635361c48bb9eab14198e76ea8ab7f1a41685d6ad62aa9146d301d4f17eb0ae0"}),
    [](const auto& test) { return test.param.name; });

// NIST: FIPS 180-2, appendix B.3.
TEST(Sha256MillionTest, GivesTheKnownDigestOfAMillionLetters) {
  EXPECT_EQ(HashInPieces(std::string(1000000, 'a'), 4096),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(ParseSha256Test, ReadsDigitsOfEitherCaseAndWritesLowerCase) {
  const std::string mixed = std::string(62, 'A') + "0f";
  ASSERT_TRUE(ParseSha256(mixed).has_value());
  EXPECT_EQ(ToHex(*ParseSha256(mixed)), std::string(62, 'a') + "0f");
}

TEST(ParseSha256Test, RefusesWhatIsNoDigest) {
  EXPECT_FALSE(ParseSha256("").has_value());
  EXPECT_FALSE(ParseSha256(std::string(63, 'a')).has_value());
  EXPECT_FALSE(ParseSha256(std::string(65, 'a')).has_value());
  EXPECT_FALSE(ParseSha256(std::string(40, 'a')).has_value());  // a SHA-1
  EXPECT_FALSE(ParseSha256(std::string(63, 'a') + "g").has_value());
  EXPECT_FALSE(ParseSha256(std::string(63, 'a') + " ").has_value());
}

}  // namespace
}  // namespace svidence::shim
