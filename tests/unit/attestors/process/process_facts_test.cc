#include "attestors/process/process_facts.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace svidence {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> Texts(const ProcessFacts& facts) {
  std::vector<std::string> texts;
  for (const Selector& selector : SelectorsOf(facts)) texts.push_back(selector.Text());
  return texts;
}

TEST(ProcessFactsTest, BecomeSelectors) {
  ProcessFacts facts;
  facts.uid = 1000;
  facts.gid = 4294967295;
  facts.user = "alice";
  facts.group = "staff";
  facts.exe_path = "/usr/bin/agent";
  facts.exe_sha256 = Digest{0xab, 0x0c};
  facts.instance = "0123456789abcdef0123456789abcdef";
  EXPECT_THAT(Texts(facts),
              ElementsAre("uid:1000", "gid:4294967295", "user:alice", "group:staff",
                          "exe:path:/usr/bin/agent", "exe:sha256:ab0c" + std::string(60, '0'),
                          "instance:0123456789abcdef0123456789abcdef"));
}

TEST(ProcessFactsTest, GiveNoSelectorForWhatIsNotThere) {
  EXPECT_THAT(Texts({}), IsEmpty());
  ProcessFacts facts;
  facts.uid = 0;  // root is a fact, too
  EXPECT_THAT(Texts(facts), ElementsAre("uid:0"));
}

}  // namespace
}  // namespace svidence
