#include "plugin/adapters/openssl/stream_sha256.h"

#include <span>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plugin/adapters/openssl/hasher.h"
#include "tests/support/status_matchers.h"

namespace svidence::openssl {
namespace {

using ::svidence::testing::IsOk;
using ::svidence::testing::IsOkAndHolds;

std::span<const std::byte> Bytes(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

// The other one is held to the vectors of FIPS 180-4 in hasher_test.cc.
TEST(StreamSha256Test, GivesTheSameDigestHoweverTheBytesAreCut) {
  const StatusOr<OpenSslHasher> whole = OpenSslHasher::Create();
  ASSERT_THAT(whole, IsOk());
  const std::string text(1000, 'a');
  for (const std::size_t piece : {1U, 63U, 64U, 65U, 1000U}) {
    StatusOr<StreamSha256> stream = StreamSha256::Create();
    ASSERT_THAT(stream, IsOk());
    for (std::size_t at = 0; at < text.size(); at += piece) {
      ASSERT_THAT(stream->Update(Bytes(std::string_view(text).substr(at, piece))), IsOk());
    }
    EXPECT_THAT(stream->Finish(), IsOkAndHolds(whole->Sha256({text})));
  }
}

TEST(StreamSha256Test, HashesNothing) {
  const StatusOr<OpenSslHasher> whole = OpenSslHasher::Create();
  ASSERT_THAT(whole, IsOk());
  StatusOr<StreamSha256> stream = StreamSha256::Create();
  ASSERT_THAT(stream, IsOk());
  EXPECT_THAT(stream->Finish(), IsOkAndHolds(whole->Sha256({""})));
}

}  // namespace
}  // namespace svidence::openssl
