#include "plugin/adapters/linux/lru_cache.h"

#include <string>

#include <gtest/gtest.h>

namespace svidence::linux_os {
namespace {

TEST(LruCacheTest, ForgetsWhatWasUsedLongestAgo) {
  LruCache<int, std::string> cache(2);
  cache.Put(1, "one");
  cache.Put(2, "two");
  ASSERT_NE(cache.Find(1), nullptr);
  cache.Put(3, "three");
  EXPECT_EQ(cache.Find(2), nullptr);
  ASSERT_NE(cache.Find(1), nullptr);
  EXPECT_EQ(*cache.Find(1), "one");
  EXPECT_NE(cache.Find(3), nullptr);
}

TEST(LruCacheTest, NeverHoldsMoreThanItsCapacity) {
  LruCache<int, int> cache(16);
  for (int i = 0; i < 1000; ++i) {
    cache.Put(i, i);
    EXPECT_LE(cache.size(), 16);
  }
  EXPECT_EQ(cache.size(), 16);
  cache.SetCapacity(4);
  EXPECT_EQ(cache.size(), 4);
  EXPECT_NE(cache.Find(999), nullptr);
  EXPECT_EQ(cache.Find(995), nullptr);
}

TEST(LruCacheTest, ReplacesAValue) {
  LruCache<int, int> cache(4);
  cache.Put(1, 1);
  cache.Put(1, 2);
  EXPECT_EQ(cache.size(), 1);
  EXPECT_EQ(*cache.Find(1), 2);
}

TEST(LruCacheTest, KeepsNothingWithoutCapacity) {
  LruCache<int, int> cache(0);
  cache.Put(1, 1);
  EXPECT_EQ(cache.Find(1), nullptr);
}

}  // namespace
}  // namespace svidence::linux_os
