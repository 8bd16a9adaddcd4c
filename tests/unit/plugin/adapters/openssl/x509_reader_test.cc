#include "plugin/adapters/openssl/x509_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/golden.h"
#include "tests/support/status_matchers.h"

namespace svidence::openssl {
namespace {

using ::svidence::testing::IsOk;
using ::svidence::testing::ReadGolden;
using ::svidence::testing::StatusIs;
using ::testing::ElementsAre;

constexpr const char* kOid =
    "1.2.840.113556.1.8000.2554.42296.28774.52552.20099.37652.8575393.7771985.1";

TEST(X509ReaderTest, ReadsPemDerAndChains) {
  const std::string pem = ReadGolden("svid/svid.pem");
  const auto read = ReadCertificates(pem, kOid);
  ASSERT_THAT(read, IsOk());
  ASSERT_EQ(read->size(), 1U);
  const X509Certificate& one = read->front();
  EXPECT_THAT(one.uris, ElementsAre("spiffe://example.org/agent/buyer/3f2a"));
  EXPECT_EQ(one.not_after - one.not_before, 86400);
  EXPECT_FALSE(one.is_ca);
  ASSERT_TRUE(one.extension);
  EXPECT_FALSE(one.extension_critical);
  EXPECT_EQ(EncodePem("CERTIFICATE", one.der).Reveal(), pem);

  const auto der = ReadCertificates(one.der + one.der, kOid);
  ASSERT_THAT(der, IsOk());
  ASSERT_EQ(der->size(), 2U);
  EXPECT_EQ(der->back().der, one.der);
  EXPECT_THAT(ReadCertificates("text\n" + pem + pem, kOid), IsOk());
  EXPECT_FALSE(ReadCertificates(pem, "1.2.3")->front().extension);
}

TEST(X509ReaderTest, RefusesGarbageCutsAndWhatIsTooMuch) {
  const std::string der = ReadCertificates(ReadGolden("svid/svid.pem"), kOid)->front().der;
  for (std::size_t size = 0; size < der.size(); ++size) {
    EXPECT_THAT(ReadCertificates(der.substr(0, size), kOid), StatusIs(StatusCode::kInvalidArgument))
        << size;
  }
  EXPECT_THAT(ReadCertificates(der + "x", kOid), StatusIs(StatusCode::kInvalidArgument));
  EXPECT_THAT(
      ReadCertificates("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", kOid),
      StatusIs(StatusCode::kInvalidArgument));
  EXPECT_THAT(ReadCertificates(std::string(kMaxCertificateInputBytes + 1, 'x'), kOid),
              StatusIs(StatusCode::kInvalidArgument));
  EXPECT_THAT(ReadCertificates(der, "no oid"), StatusIs(StatusCode::kInvalidArgument));
  std::string chain;
  for (std::size_t i = 0; i < kMaxCertificates; ++i) chain += der;
  EXPECT_THAT(ReadCertificates(chain, kOid), IsOk());
  EXPECT_THAT(ReadCertificates(chain + der, kOid), StatusIs(StatusCode::kInvalidArgument));
}

}  // namespace
}  // namespace svidence::openssl
