#include "plugin/adapters/grpc/host_services.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace svidence {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class HostServicesTest : public ::testing::Test {
 protected:
  std::vector<HostServices> changes_;
  HostServicesRecord record_{[this](const HostServices& now) { changes_.push_back(now); }};
};

TEST_F(HostServicesTest, TellsOfEachChangeOnce) {
  record_.SetNames({"a"});
  record_.SetNames({"a"});
  EXPECT_TRUE(record_.SetAddress("/tmp/plugin1"));
  EXPECT_TRUE(record_.SetAddress("/tmp/plugin1"));
  EXPECT_THAT(changes_, ElementsAre(HostServices{{"a"}, ""}, HostServices{{"a"}, "/tmp/plugin1"}));
  EXPECT_EQ(record_.Get(), changes_.back());
}

TEST_F(HostServicesTest, KeepsNamesWithinTheirBounds) {
  const std::string longest(kMaxHostServiceNameBytes, 'x');
  record_.SetNames({"", longest, longest + "x"});
  EXPECT_THAT(record_.Get().names, ElementsAre(longest));
  record_.SetNames(std::vector<std::string>(kMaxHostServices + 1, "x"));
  EXPECT_THAT(record_.Get().names, SizeIs(kMaxHostServices));
}

TEST_F(HostServicesTest, IgnoresAnAddressThatIsNoSocketPath) {
  EXPECT_FALSE(record_.SetAddress(""));
  EXPECT_FALSE(record_.SetAddress("tmp/plugin1"));
  EXPECT_FALSE(record_.SetAddress("/" + std::string(kMaxSocketPathBytes, 'x')));
  EXPECT_THAT(changes_, IsEmpty());
  EXPECT_TRUE(record_.SetAddress("/" + std::string(kMaxSocketPathBytes - 1, 'x')));
}

}  // namespace
}  // namespace svidence
