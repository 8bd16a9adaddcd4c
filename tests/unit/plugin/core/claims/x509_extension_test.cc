#include "plugin/core/claims/x509_extension.h"

#include <optional>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/golden.h"
#include "tests/support/status_matchers.h"

namespace svidence::claims {
namespace {

using ::testing::HasSubstr;
using testing::IsOk;
using testing::IsOkAndHolds;
using testing::ReadGolden;
using testing::StatusIs;

std::string Bytes(std::initializer_list<int> values) {
  std::string bytes;
  for (const int value : values) bytes += static_cast<char>(value);
  return bytes;
}

TEST(ExtensionOidTest, IsTheFirstArcBelowTheBase) { EXPECT_EQ(ExtensionOid("1.2.3"), "1.2.3.1"); }

class GoldenExtensionTest : public ::testing::TestWithParam<const char*> {
 protected:
  static std::string File(const char* ending) {
    return ReadGolden(std::string("claims/") + GetParam() + ending);
  }
};

TEST_P(GoldenExtensionTest, IsWhatOurEncoderWritesAndOurDecoderReads) {
  EXPECT_THAT(EncodeX509Extension(File(".entry"), std::nullopt), IsOkAndHolds(File(".der")));
  EXPECT_THAT(DecodeX509Extension(File(".der")),
              IsOkAndHolds(X509Extension{.entry = File(".entry"), .proof = std::nullopt}));
}

INSTANTIATE_TEST_SUITE_P(All, GoldenExtensionTest,
                         ::testing::Values("registered", "unregistered", "smallest"),
                         [](const auto& test) { return std::string(test.param); });

TEST(GoldenProofTest, StandsBehindTheEntry) {
  const std::string entry = ReadGolden("claims/registered.entry");
  const std::string proof = ReadGolden("claims/with_proof.proof");
  const std::string der = ReadGolden("claims/with_proof.der");
  EXPECT_THAT(EncodeX509Extension(entry, proof), IsOkAndHolds(der));
  EXPECT_THAT(DecodeX509Extension(der),
              IsOkAndHolds(X509Extension{.entry = entry, .proof = proof}));
}

// No change of one byte may be read as the same record, and what is still read
// must be what the encoder writes: one record has one form.
TEST(ByteFlipTest, NeverLeavesTheSameRecordNorASecondForm) {
  for (const char* file : {"claims/smallest.der", "claims/with_proof.der"}) {
    const std::string der = ReadGolden(file);
    const StatusOr<X509Extension> good = DecodeX509Extension(der);
    ASSERT_THAT(good, IsOk());
    for (std::size_t i = 0; i < der.size(); ++i) {
      for (unsigned bit = 0; bit < 8; ++bit) {
        std::string bad = der;
        bad[i] = static_cast<char>(static_cast<unsigned char>(bad[i]) ^ (1U << bit));
        const StatusOr<X509Extension> read = DecodeX509Extension(bad);
        if (!read.ok()) continue;
        EXPECT_NE(*read, *good) << file << " byte " << i;
        EXPECT_THAT(EncodeX509Extension(read->entry, read->proof), IsOkAndHolds(bad))
            << file << " byte " << i;
      }
    }
  }
}

TEST(TruncationTest, IsRefusedAtEveryByte) {
  const std::string der = ReadGolden("claims/with_proof.der");
  for (std::size_t size = 0; size < der.size(); ++size) {
    EXPECT_THAT(DecodeX509Extension(std::string_view(der).substr(0, size)),
                StatusIs(StatusCode::kInvalidArgument))
        << size;
  }
}

struct Case {
  const char* name;
  std::string der;
  const char* complaint;  // empty: good
};

class DecodeTest : public ::testing::TestWithParam<Case> {};

TEST_P(DecodeTest, IsReadOrRefusedWithItsReason) {
  const StatusOr<X509Extension> read = DecodeX509Extension(GetParam().der);
  if (*GetParam().complaint == '\0') {
    EXPECT_THAT(read, IsOk());
    return;
  }
  EXPECT_THAT(read, StatusIs(StatusCode::kInvalidArgument));
  EXPECT_THAT(Message(read.status()), HasSubstr(GetParam().complaint));
}

INSTANTIATE_TEST_SUITE_P(
    All, DecodeTest,
    ::testing::Values(
        Case{"Smallest", Bytes({0x30, 7, 2, 1, 1, 0x0c, 2, '{', '}'}), ""},
        Case{"SmallestProof", Bytes({0x30, 10, 2, 1, 1, 0x0c, 2, '{', '}', 0x0c, 1, 'p'}), ""},
        Case{"Empty", "", "ends within an element"},
        Case{"OneByte", Bytes({0x30}), "ends within an element"},
        Case{"NoSequence", Bytes({0x31, 7, 2, 1, 1, 0x0c, 2, '{', '}'}), "must stand"},
        Case{"EmptySequence", Bytes({0x30, 0}), "ends within an element"},
        Case{"NoEntry", Bytes({0x30, 3, 2, 1, 1}), "ends within an element"},
        Case{"VersionZero", Bytes({0x30, 7, 2, 1, 0, 0x0c, 2, '{', '}'}), "must have version 1"},
        Case{"VersionTwo", Bytes({0x30, 7, 2, 1, 2, 0x0c, 2, '{', '}'}), "must have version 1"},
        Case{"VersionPadded", Bytes({0x30, 8, 2, 2, 0, 1, 0x0c, 2, '{', '}'}), "version 1"},
        Case{"VersionNoInteger", Bytes({0x30, 7, 10, 1, 1, 0x0c, 2, '{', '}'}), "must stand"},
        Case{"EntryNoUtf8String", Bytes({0x30, 7, 2, 1, 1, 0x04, 2, '{', '}'}), "must stand"},
        Case{"EntryTooShort", Bytes({0x30, 6, 2, 1, 1, 0x0c, 1, '{'}), "entry must have 2..16384"},
        Case{"EntryNotUtf8", Bytes({0x30, 7, 2, 1, 1, 0x0c, 2, 0xc3, 0x28}), "must be UTF-8"},
        Case{"EntryBeyondSequence", Bytes({0x30, 7, 2, 1, 1, 0x0c, 3, '{', '}'}), "ends within"},
        Case{"ProofEmpty", Bytes({0x30, 9, 2, 1, 1, 0x0c, 2, '{', '}', 0x0c, 0}),
             "proof must have 1..8192"},
        Case{"ProofNotUtf8", Bytes({0x30, 10, 2, 1, 1, 0x0c, 2, '{', '}', 0x0c, 1, 0x80}),
             "proof must be UTF-8"},
        Case{"ProofNoUtf8String", Bytes({0x30, 10, 2, 1, 1, 0x0c, 2, '{', '}', 0x04, 1, 'p'}),
             "must stand"},
        Case{"FourthElement",
             Bytes({0x30, 13, 2, 1, 1, 0x0c, 2, '{', '}', 0x0c, 1, 'p', 0x0c, 1, 'q'}),
             "behind its proof"},
        Case{"TrailingByte", Bytes({0x30, 7, 2, 1, 1, 0x0c, 2, '{', '}', 0}), "behind its end"},
        Case{"LongFormWhereShortFits", Bytes({0x30, 0x81, 7, 2, 1, 1, 0x0c, 2, '{', '}'}),
             "length that is not DER"},
        Case{"TwoLengthBytesWhereOneFits", Bytes({0x30, 0x82, 0, 7, 2, 1, 1, 0x0c, 2, '{', '}'}),
             "length that is not DER"},
        Case{"IndefiniteLength", Bytes({0x30, 0x80, 2, 1, 1, 0x0c, 2, '{', '}', 0, 0}),
             "length that is not DER"},
        Case{"ThreeLengthBytes", Bytes({0x30, 0x83, 0, 0, 7, 2, 1, 1}), "length that is not DER"},
        Case{"EndsWithinLength", Bytes({0x30, 0x82, 1}), "ends within a length"}),
    [](const ::testing::TestParamInfo<Case>& test) { return std::string(test.param.name); });

// The lengths at which DER changes its form, both ways.
TEST(LengthTest, IsMinimalAtEveryStep) {
  for (const std::size_t size : {2U, 119U, 120U, 127U, 128U, 129U, 247U, 248U, 255U, 256U, 4000U}) {
    const std::string entry(size, 'x');
    const StatusOr<std::string> der = EncodeX509Extension(entry, std::nullopt);
    ASSERT_THAT(der, IsOk()) << size;
    EXPECT_THAT(DecodeX509Extension(*der),
                IsOkAndHolds(X509Extension{.entry = entry, .proof = std::nullopt}))
        << size;
  }
}

TEST(BudgetTest, HoldsForTheIssuer) {
  const std::size_t around = 4 + 3 + 4;  // headers of sequence and entry, the version
  const StatusOr<std::string> der =
      EncodeX509Extension(std::string(kMaxIssuedExtensionBytes - around, 'x'), std::nullopt);
  ASSERT_THAT(der, IsOk());
  EXPECT_EQ(der->size(), kMaxIssuedExtensionBytes);
  const Status more =
      EncodeX509Extension(std::string(kMaxIssuedExtensionBytes - around + 1, 'x'), std::nullopt)
          .status();
  EXPECT_THAT(more, StatusIs(StatusCode::kInvalidArgument));
  EXPECT_THAT(Message(more), HasSubstr("at most 4096 bytes, got 4097"));
}

TEST(BudgetTest, LeavesRoomForAProofBesideTheLongestEntryThatIsIssued) {
  const std::string hash_line(45, 'h');
  std::string proof = "c2sp.org/tlog-proof@v1\nindex 9007199254740991\n";
  for (int i = 0; i < 30; ++i) proof += hash_line;
  proof += std::string(45 + 3 * 64 + 110, 'c');  // a checkpoint with an origin of 64 bytes
  EXPECT_THAT(EncodeX509Extension(std::string(kMaxIssuedEntryBytes, 'x'), proof), IsOk());
}

TEST(BudgetTest, HoldsForTheReader) {
  // Longer than any issuer's, built by hand: 30 82 <n> 02 01 01 0c 82 <n> ...
  const auto value = [](std::size_t size) {
    const auto length = [](std::size_t n) {
      return Bytes({0x82, static_cast<int>(n >> 8U), static_cast<int>(n & 0xffU)});
    };
    const std::size_t entry = size - 11;
    return Bytes({0x30}) + length(size - 4) + Bytes({2, 1, 1, 0x0c}) + length(entry) +
           std::string(entry, 'x');
  };
  EXPECT_THAT(DecodeX509Extension(value(kMaxReadExtensionBytes)), IsOk());
  const Status more = DecodeX509Extension(value(kMaxReadExtensionBytes + 1)).status();
  EXPECT_THAT(more, StatusIs(StatusCode::kInvalidArgument));
  EXPECT_THAT(Message(more), HasSubstr("at most 8192 bytes, got 8193"));
}

TEST(EncodeTest, RefusesTextsOutOfBounds) {
  EXPECT_THAT(EncodeX509Extension("{", std::nullopt), StatusIs(StatusCode::kInvalidArgument));
  EXPECT_THAT(EncodeX509Extension("{}", ""), StatusIs(StatusCode::kInvalidArgument));
  EXPECT_THAT(EncodeX509Extension("{\xff}", std::nullopt), StatusIs(StatusCode::kInvalidArgument));
  EXPECT_THAT(EncodeX509Extension(std::string(kMaxEntryBytes + 1, 'x'), std::nullopt),
              StatusIs(StatusCode::kInvalidArgument));
}

}  // namespace
}  // namespace svidence::claims
