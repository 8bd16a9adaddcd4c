#include "attestors/policy/workload_attestation.h"

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/fake_hasher.h"
#include "tests/support/fake_name_directory.h"
#include "tests/support/fake_process_source.h"
#include "tests/support/status_matchers.h"

namespace svidence {
namespace {

using ::svidence::testing::IsOk;
using ::svidence::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Call = ::svidence::testing::FakeProcessSource::Call;

class WorkloadAttestationTest : public ::testing::Test {
 protected:
  StatusOr<Selection> Attest(std::int32_t pid, const std::vector<std::string>& kinds,
                             std::uint64_t max_exe_bytes = 1000) const {
    const WorkloadAttestation attestation({.source = source_, .names = names_, .hasher = hasher_},
                                          *SelectorPolicy::Create(kinds), max_exe_bytes);
    return attestation.Attest(pid, {});
  }

  testing::FakeProcessSource source_;
  testing::FakeNameDirectory names_;
  testing::FakeHasher hasher_;
};

TEST_F(WorkloadAttestationTest, GivesTheSelectorsThatAreOn) {
  source_.Add(7, {});
  names_.AddUser(1000, "alice");
  names_.AddGroup(100, "staff");
  for (const std::string_view kind : AllSelectorKinds()) {
    const StatusOr<Selection> got = Attest(7, {std::string(kind)});
    ASSERT_THAT(got, IsOk()) << kind;
    ASSERT_EQ(got->values.size(), 1) << kind;
    EXPECT_TRUE(got->values[0].starts_with(std::string(kind) + ':')) << got->values[0];
  }
}

TEST_F(WorkloadAttestationTest, GivesNothingForAProcessOutOfSight) {
  for (const std::int32_t pid : {0, 8, std::numeric_limits<std::int32_t>::max()}) {
    const StatusOr<Selection> got = Attest(pid, {"uid"});
    ASSERT_THAT(got, IsOk()) << pid;
    EXPECT_THAT(got->values, IsEmpty()) << pid;
  }
  EXPECT_EQ(source_.Count(Call::kOpen), 0);
}

TEST_F(WorkloadAttestationTest, RefusesANegativePid) {
  EXPECT_THAT(Attest(-1, {"uid"}), StatusIs(StatusCode::kInvalidArgument));
}

TEST_F(WorkloadAttestationTest, PassesOnErrorsAndWhatWasWithheld) {
  source_.Add(7, {});
  const StatusOr<Selection> got = Attest(7, {"uid", "exe:sha256"}, /*max_exe_bytes=*/0);
  ASSERT_THAT(got, IsOk());
  EXPECT_THAT(got->values, ElementsAre("uid:1000"));
  ASSERT_EQ(got->withheld.size(), 1);
  EXPECT_EQ(got->withheld[0].kind, "exe:sha256");

  source_.FailOn(Call::kStatus, Internal("EIO"));
  EXPECT_THAT(Attest(7, {"uid"}), StatusIs(StatusCode::kInternal));
}

}  // namespace
}  // namespace svidence
