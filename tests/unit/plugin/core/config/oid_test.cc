#include "plugin/core/config/oid.h"

#include <string>

#include <gtest/gtest.h>

#include "tests/support/status_matchers.h"

namespace svidence::config {
namespace {

using ::svidence::testing::IsOk;
using ::svidence::testing::StatusIs;
using ::testing::HasSubstr;

std::string Arcs(int count) {
  std::string oid = "1.2";
  for (int i = 2; i < count; ++i) oid += ".3";
  return oid;
}

struct Case {
  std::string name;
  std::string oid;
  std::string problem;  // part of the message; empty: accepted
};

class OidTest : public ::testing::TestWithParam<Case> {};

TEST_P(OidTest, ChecksABase) {
  const Status status = CheckOidBase(GetParam().oid, false);
  if (GetParam().problem.empty()) {
    EXPECT_THAT(status, IsOk());
  } else {
    EXPECT_THAT(status, StatusIs(StatusCode::kInvalidArgument));
    EXPECT_THAT(Message(status), HasSubstr(GetParam().problem));
  }
}

INSTANTIATE_TEST_SUITE_P(
    All, OidTest,
    ::testing::Values(
        Case{"Default", "1.2.840.113556.1.8000.2554.42296.28774.52552.20099.37652.8575393.7771985",
             ""},
        Case{"Enterprise", "1.3.6.1.4.1.12345", ""}, Case{"LargestArc", "1.2.2147483647", ""},
        Case{"ArcTooLarge", "1.2.2147483648", "at most 2147483647"},
        Case{"ArcBeyond32Bits", "1.2.4294967296", "at most 2147483647"},
        Case{"Uuid", "2.25.329800735698586629295641978511506172918", "at most 2147483647"},
        Case{"FewestArcs", "1.2.3", ""}, Case{"TooFewArcs", "1.2", "3..32 arcs"},
        Case{"MostArcs", Arcs(32), ""}, Case{"TooManyArcs", Arcs(33), "3..32 arcs"},
        Case{"TooLong", "1.2." + std::string(125, '1'), "at most 128 characters"},
        Case{"Empty", "", "decimal number"}, Case{"EmptyArc", "1..2", "decimal number"},
        Case{"TrailingDot", "1.2.3.", "decimal number"},
        Case{"LeadingZero", "1.2.03", "leading zeros"}, Case{"Negative", "1.2.-3", "decimal"},
        Case{"Text", "1.2.abc", "decimal"}, Case{"Space", "1.2. 3", "decimal"},
        Case{"FirstArcTooLarge", "3.1.1", "starts with"},
        Case{"SecondArcTooLarge", "1.40.1", "starts with"},
        Case{"SecondArcBelowTwoIsFree", "2.40.1", ""},
        Case{"CertificateExtensions", "2.5.29", "belongs to X.500 and PKIX"},
        Case{"Pkix", "1.3.6.1.5.5.7.1", "belongs to X.500 and PKIX"},
        Case{"NextToX500", "2.51.1", ""}, Case{"ExampleArc", "2.999.1", "documentation only"},
        Case{"ExampleEnterprise", "1.3.6.1.4.1.32473.1", "documentation only"},
        Case{"NextToTheExampleEnterprise", "1.3.6.1.4.1.324731", ""}),
    [](const auto& test) { return test.param.name; });

TEST(OidTest, TakesDocumentationArcsOnRequest) {
  EXPECT_THAT(CheckOidBase("2.999.1", true), IsOk());
  EXPECT_THAT(CheckOidBase("1.3.6.1.4.1.32473", true), IsOk());
}

}  // namespace
}  // namespace svidence::config
