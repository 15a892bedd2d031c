#include "sweep/run/content_cache.h"

#include <gtest/gtest.h>

namespace microfiche::sweep {
namespace {

/// A cache of texts, which counts those that are made.
class TextCache {
 public:
  explicit TextCache(size_t most_bytes) : cache_(most_bytes) {}

  std::string get(const std::string& key) {
    return cache_.get(
        key,
        [&] {
          ++num_made;
          return key + key;
        },
        [](const std::string& text) { return text.size(); });
  }

  int num_made = 0;

 private:
  ContentCache<std::string> cache_;
};

TEST(ContentCacheTest, WhatIsKeptIsMadeOnce) {
  TextCache cache(100);

  EXPECT_EQ(cache.get("a"), "aa");
  EXPECT_EQ(cache.get("b"), "bb");
  EXPECT_EQ(cache.get("a"), "aa");

  EXPECT_EQ(cache.num_made, 2);
}

TEST(ContentCacheTest, WhatWasUsedLongestAgoIsForgottenFirst) {
  TextCache cache(4);
  cache.get("a");
  cache.get("b");
  cache.get("a");
  cache.get("c");
  ASSERT_EQ(cache.num_made, 3);

  cache.get("a");
  EXPECT_EQ(cache.num_made, 3);
  cache.get("b");
  EXPECT_EQ(cache.num_made, 4);
}

TEST(ContentCacheTest, WhatIsLargerThanTheLimitIsNotKept) {
  TextCache cache(3);
  cache.get("a");

  EXPECT_EQ(cache.get("long"), "longlong");
  cache.get("long");
  EXPECT_EQ(cache.num_made, 3);
  cache.get("a");
  EXPECT_EQ(cache.num_made, 3);
}

} // namespace
} // namespace microfiche::sweep
