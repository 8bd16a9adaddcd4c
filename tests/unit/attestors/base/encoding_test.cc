#include "attestors/base/encoding.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/status_matchers.h"

namespace svidence {
namespace {

using ::svidence::testing::IsOkAndHolds;
using ::svidence::testing::StatusIs;

struct Case {
  std::string name;
  std::string bytes;
  std::string base64;
  std::string url;
};

class Base64Test : public ::testing::TestWithParam<Case> {};

TEST_P(Base64Test, GoesThereAndBack) {
  const Case& c = GetParam();
  EXPECT_EQ(Base64Encode(BytesOf(c.bytes)), c.base64);
  EXPECT_THAT(Base64Decode(c.base64), IsOkAndHolds(c.bytes));
  EXPECT_EQ(Base64UrlEncode(BytesOf(c.bytes)), c.url);
  EXPECT_THAT(Base64UrlDecode(c.url), IsOkAndHolds(c.bytes));
}

// Source: RFC 4648, section 10, and one case for the characters that differ.
INSTANTIATE_TEST_SUITE_P(All, Base64Test,
                         ::testing::Values(Case{"Empty", "", "", ""}, Case{"F", "f", "Zg==", "Zg"},
                                           Case{"Fo", "fo", "Zm8=", "Zm8"},
                                           Case{"Foo", "foo", "Zm9v", "Zm9v"},
                                           Case{"Foob", "foob", "Zm9vYg==", "Zm9vYg"},
                                           Case{"Fooba", "fooba", "Zm9vYmE=", "Zm9vYmE"},
                                           Case{"Foobar", "foobar", "Zm9vYmFy", "Zm9vYmFy"},
                                           Case{"High", "\xfb\xff\xfe", "+//+", "-__-"}),
                         [](const auto& test) { return test.param.name; });

TEST(Base64RefusalTest, OneValueHasOneSpelling) {
  for (const char* text :
       {"Zg", "Zg=", "Zh==", "Zm9=", "Z===", "Zm 9v", "Zm9v\n", "-__-", "===="}) {
    EXPECT_THAT(Base64Decode(text), StatusIs(StatusCode::kInvalidArgument)) << text;
  }
  for (const char* text : {"Zg==", "Zh", "Z", "+//+"}) {
    EXPECT_THAT(Base64UrlDecode(text), StatusIs(StatusCode::kInvalidArgument)) << text;
  }
}

TEST(HexTest, GoesThereAndBackAndRefusesOtherSpellings) {
  EXPECT_EQ(HexEncode(BytesOf(std::string_view("\x00\xab\x0f", 3))), "00ab0f");
  EXPECT_THAT(HexDecode("00ab0f"), IsOkAndHolds(std::string("\x00\xab\x0f", 3)));
  for (const char* text : {"0", "0g", "AB", " 00"}) {
    EXPECT_THAT(HexDecode(text), StatusIs(StatusCode::kInvalidArgument)) << text;
  }
}

TEST(DigestTextTest, GoesThereAndBackAndRefusesOtherSpellings) {
  Digest digest{};
  digest[31] = 0x2a;
  const std::string text = DigestText(digest);
  EXPECT_EQ(text, "sha256:" + std::string(62, '0') + "2a");
  EXPECT_THAT(ParseDigestText(text), IsOkAndHolds(digest));
  for (const std::string& bad : {std::string("sha256:00"), text + "00", text.substr(7),
                                 "sha512:" + text.substr(7), "sha256:" + std::string(64, 'A')}) {
    EXPECT_THAT(ParseDigestText(bad), StatusIs(StatusCode::kInvalidArgument)) << bad;
  }
}

}  // namespace
}  // namespace svidence
