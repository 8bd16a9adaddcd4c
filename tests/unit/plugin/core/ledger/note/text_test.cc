#include "plugin/core/ledger/note/text.h"

#include <string>

#include <gtest/gtest.h>

#include "attestors/base/encoding.h"

namespace svidence::ledger {
namespace {

TEST(TakeLineTest, TakesOneLineAtATimeAndLeavesWhatHasNoEnd) {
  std::string_view rest = "a\n\nb";
  EXPECT_EQ(TakeLine(rest), "a");
  EXPECT_EQ(TakeLine(rest), "");
  EXPECT_EQ(TakeLine(rest), std::nullopt);
  EXPECT_EQ(rest, "b");
}

TEST(TakeFieldTest, TakesTheLineThatIsNamedAndLeavesEveryOther) {
  std::string_view rest = "size 4 2\nleaf \nend 1";
  EXPECT_EQ(TakeField(rest, "leaf"), std::nullopt);
  EXPECT_EQ(TakeField(rest, "siz"), std::nullopt);
  EXPECT_EQ(TakeField(rest, "size"), "4 2");
  EXPECT_EQ(TakeField(rest, "leaf"), "");
  EXPECT_EQ(TakeField(rest, "end"), std::nullopt);
  EXPECT_EQ(rest, "end 1");
}

TEST(ParseDecimalTest, ReadsOneSpellingOfEachNumber) {
  EXPECT_EQ(ParseDecimal("0"), 0U);
  EXPECT_EQ(ParseDecimal("20852163"), 20852163U);
  EXPECT_EQ(ParseDecimal("9223372036854775807"), kMaxTextNumber);
  for (const std::string_view bad :
       {"", "00", "01", "+1", "-1", " 1", "1 ", "1\r", "0x1", "1e3", "9223372036854775808",
        "18446744073709551615", "18446744073709551616", "99999999999999999999999"}) {
    EXPECT_EQ(ParseDecimal(bad), std::nullopt) << bad;
  }
  EXPECT_EQ(ParseDecimal(std::string_view("1\0", 2)), std::nullopt);
}

TEST(HashTest, IsWrittenAsTheGeneralEncoderDoesAndReadBack) {
  Digest hash{};
  for (unsigned seed = 0; seed < 256; ++seed) {
    for (std::size_t i = 0; i < hash.size(); ++i) {
      hash[i] = static_cast<std::uint8_t>(seed * (i + 1) + (i << 3U));
    }
    std::string text = "before ";
    AppendHash(text, hash);
    ASSERT_EQ(text, "before " + Base64Encode(hash));
    ASSERT_EQ(ParseHash(text.substr(7)), hash);
  }
}

TEST(HashTest, HasOneSpelling) {
  const std::string good = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
  EXPECT_TRUE(ParseHash(good));
  for (const std::string_view bad :
       {"", "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU",
        "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU=",
        "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFV=",  // a bit behind the last byte
        "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFUA",  // 33 bytes
        "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuA==",  // 31 bytes
        "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU= "}) {
    EXPECT_EQ(ParseHash(bad), std::nullopt) << bad;
  }
}

}  // namespace
}  // namespace svidence::ledger
