#include "plugin/adapters/linux/system_random.h"

#include <algorithm>
#include <vector>

#include <gtest/gtest.h>

namespace svidence::linux_os {
namespace {

TEST(SystemRandomTest, FillsTheWholeRange) {
  SystemRandom random;
  std::vector<std::uint8_t> bytes(4096, 0);
  random.Fill(bytes);
  // 64 zero bytes in a row come by chance once in 2^500 runs.
  const std::vector<std::uint8_t> zeros(64, 0);
  EXPECT_EQ(std::search(bytes.begin(), bytes.end(), zeros.begin(), zeros.end()), bytes.end());
}

TEST(SystemRandomTest, GivesOtherBytesEachTime) {
  SystemRandom random;
  std::vector<std::uint8_t> first(16, 0);
  std::vector<std::uint8_t> second(16, 0);
  random.Fill(first);
  random.Fill(second);
  EXPECT_NE(first, second);
}

TEST(SystemRandomTest, TakesAnEmptyRange) {
  SystemRandom random;
  random.Fill({});
}

}  // namespace
}  // namespace svidence::linux_os
