#include "plugin/core/ledger/note/policy.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/fake_hasher.h"

namespace svidence::ledger {
namespace {

using ::svidence::testing::FakeHasher;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Six witnesses, w0 to w5, and `rest`.
Policy Make(std::string_view rest) {
  std::string text;
  for (unsigned i = 0; i < 6; ++i) {
    const std::string name = "w" + std::to_string(i);
    Vkey vkey{.name = name, .key = {}, .type = KeyType::kCosignature};
    vkey.key.fill(static_cast<std::uint8_t>(i));
    text += "witness " + name + ' ' + FormatVkey(FakeHasher(), vkey) + '\n';
  }
  return *Policy::Parse(FakeHasher(), text + std::string(rest));
}

// Bit i of `set`: w<i> has cosigned.
bool Holds(const Policy& policy, unsigned set) {
  std::vector<bool> cosigned;
  for (unsigned i = 0; i < 6; ++i) cosigned.push_back((set >> i & 1U) != 0);
  return policy.QuorumHolds(cosigned);
}
unsigned Count(unsigned set) { return static_cast<unsigned>(__builtin_popcount(set)); }

// The example of the format's page: two of the first three, one of the others.
TEST(PolicyTest, CountsThroughTwoLevels) {
  const Policy policy =
      Make("group X 2 w0 w1 w2\ngroup Y any w3 w4 w5\ngroup X-and-Y all X Y\nquorum X-and-Y\n");
  for (unsigned set = 0; set < 64; ++set) {
    EXPECT_EQ(Holds(policy, set), Count(set & 7U) >= 2 && (set & 56U) != 0) << set;
  }
  EXPECT_THAT(LoneWitnesses(policy), IsEmpty());
  EXPECT_EQ(WarnAboutQuorum(policy), std::nullopt);
}

TEST(PolicyTest, CountsEveryThreshold) {
  for (unsigned k = 1; k <= 6; ++k) {
    const Policy policy = Make("group g " + std::to_string(k) + " w0 w1 w2 w3 w4 w5\nquorum g\n");
    for (unsigned set = 0; set < 64; ++set) EXPECT_EQ(Holds(policy, set), Count(set) >= k) << set;
  }
}

TEST(PolicyTest, MayAskForOneWitnessOrNone) {
  const Policy one = Make("quorum w4\n");
  const Policy none = Make("quorum none\n");
  for (unsigned set = 0; set < 64; ++set) {
    EXPECT_EQ(Holds(one, set), (set & 16U) != 0) << set;
    EXPECT_TRUE(Holds(none, set)) << set;
  }
}

TEST(PolicyTest, OfOneLogIsWhatItsTextSays) {
  const Vkey log{.name = "example.org/log", .key = {7}};
  const Policy made = Policy::OfLog(FakeHasher(), log);
  const Policy read =
      *Policy::Parse(FakeHasher(), "log " + FormatVkey(FakeHasher(), log) + "\nquorum none\n");
  ASSERT_EQ(made.keys().size(), 1U);
  EXPECT_EQ(made.keys()[0].vkey, read.keys()[0].vkey);
  EXPECT_EQ(made.keys()[0].id, read.keys()[0].id);
  EXPECT_EQ(made.log_count(), read.log_count());
  EXPECT_EQ(made.wants_witnesses(), read.wants_witnesses());
}

TEST(PolicyTest, TakesPlacesThatAreNotThereForNo) {
  EXPECT_FALSE(Make("quorum w4\n").QuorumHolds({}));
  EXPECT_FALSE(Make("quorum w4\n").QuorumHolds({true, true, true, true}));
  EXPECT_TRUE(Make("quorum w4\n").QuorumHolds(std::vector<bool>(100, true)));
}

TEST(PolicyTest, WarnsOfAWitnessThatIsEnoughAlone) {
  EXPECT_THAT(LoneWitnesses(Make("group g any w3 w5\nquorum g\n")), ElementsAre("w3", "w5"));
  EXPECT_THAT(LoneWitnesses(Make("group g 2 w0 w1\ngroup h any g w2\nquorum h\n")),
              ElementsAre("w2"));
  const std::optional<std::string> warning = WarnAboutQuorum(Make("quorum w4\n"));
  ASSERT_TRUE(warning);
  EXPECT_THAT(*warning, HasSubstr("\"w4\""));
}

TEST(PolicyTest, WarnsOfAQuorumOfNone) {
  EXPECT_THAT(LoneWitnesses(Make("quorum none\n")), IsEmpty());
  EXPECT_THAT(*WarnAboutQuorum(Make("quorum none\n")), HasSubstr("asks for no witness"));
}

}  // namespace
}  // namespace svidence::ledger
