#include "plugin/adapters/openssl/path_check.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/golden.h"
#include "tests/support/status_matchers.h"

namespace svidence::openssl {
namespace {

using ::svidence::testing::IsOk;
using ::svidence::testing::StatusIs;
using ::testing::HasSubstr;

using Certificates = std::vector<X509Certificate>;

Certificates Read(const std::string& name) {
  return *ReadCertificates(testing::ReadGolden("svid/" + name), "1.2.3");
}

// An anchor is believed as it is, so a certificate leads to itself: what is left
// of path validation is what these cases are about. Chains of two are checked end
// to end, against SPIRE's own.
TEST(PathCheckTest, HoldsOnlyWhileTheCertificateIsValid) {
  const Certificates svid = Read("svid.pem");
  EXPECT_THAT(CheckPath(svid, svid, svid.front().not_before), IsOk());
  EXPECT_THAT(CheckPath(svid, svid, svid.front().not_after - 1), IsOk());
  const Status early = CheckPath(svid, svid, svid.front().not_before - 1);
  EXPECT_THAT(early, StatusIs(StatusCode::kPermissionDenied));
  EXPECT_THAT(Message(early), HasSubstr("not yet valid"));
  const Status late = CheckPath(svid, svid, svid.front().not_after + 1);
  EXPECT_THAT(late, StatusIs(StatusCode::kPermissionDenied));
  EXPECT_THAT(Message(late), HasSubstr("expired"));
}

TEST(PathCheckTest, RefusesAnotherAnchor) {
  const Certificates svid = Read("svid.pem");
  EXPECT_THAT(CheckPath(svid, Read("plain.pem"), svid.front().not_before),
              StatusIs(StatusCode::kPermissionDenied));
}

TEST(PathCheckTest, RefusesWhatIsNoCertificateOrNone) {
  const Certificates svid = Read("svid.pem");
  EXPECT_THAT(CheckPath({}, svid, 0), StatusIs(StatusCode::kInvalidArgument));
  EXPECT_THAT(CheckPath(svid, {}, 0), StatusIs(StatusCode::kInvalidArgument));
  Certificates cut = svid;
  cut.front().der.pop_back();
  EXPECT_THAT(CheckPath(cut, svid, 0), StatusIs(StatusCode::kInvalidArgument));
}

}  // namespace
}  // namespace svidence::openssl
