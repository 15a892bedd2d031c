#include "decoder/kv_cache.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

namespace microfiche::decoder {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

KvCacheOptions small_cache() {
  return KvCacheOptions().layers(2).kv_heads(3).head_dim(4).batch(3).capacity(
      5);
}

KvCache make_cache(const KvCacheOptions& options = small_cache()) {
  return KvCache(options, torch::kFloat32);
}

TEST(KvCacheTest, SelectsRowsInAnyOrder) {
  auto cache = make_cache();
  for (int64_t row = 0; row < 3; ++row) {
    cache.keys(1)[row].fill_(row);
  }
  cache.advance({1, 2, 3});

  cache.select_rows({2, 0});

  EXPECT_THAT(cache.lengths(), ElementsAre(3, 1));
  EXPECT_EQ(cache.keys(1).size(0), 2);
  EXPECT_EQ(cache.keys(1)[0][0][0][0].item<float>(), 2);
  EXPECT_EQ(cache.keys(1)[1][0][0][0].item<float>(), 0);
}

TEST(KvCacheTest, AppendsTheRowsOfAnotherCache) {
  auto cache = make_cache();
  cache.values(1).fill_(1);
  cache.advance({2, 3, 1});
  auto added = make_cache(small_cache().batch(1).capacity(7));
  added.values(1).fill_(2);
  added.advance({6});

  cache.append_rows(added);

  EXPECT_THAT(cache.lengths(), ElementsAre(2, 3, 1, 6));
  EXPECT_EQ(cache.capacity(), 7);
  const auto values = cache.values(1);
  EXPECT_EQ(values.size(0), 4);
  EXPECT_TRUE(values.narrow(0, 0, 3).narrow(1, 0, 3).eq(1).all().item<bool>());
  EXPECT_TRUE(values[3].narrow(0, 0, 6).eq(2).all().item<bool>());
}

TEST(KvCacheTest, AppendsRowsOfASmallerCapacity) {
  auto cache = make_cache();
  auto added = make_cache(small_cache().batch(2).capacity(4));
  added.keys(0).fill_(2);
  added.advance({1, 4});

  cache.append_rows(added);

  EXPECT_EQ(cache.capacity(), 5);
  EXPECT_EQ(cache.keys(0)[4][3][0][0].item<float>(), 2);
}

TEST(KvCacheTest, RefusesRowsWithOtherHeads) {
  auto cache = make_cache();

  EXPECT_THAT(
      [&] { cache.append_rows(make_cache(small_cache().kv_heads(1))); },
      ThrowsMessage<c10::Error>(HasSubstr("keys of [3, 4], got 2")));
}

TEST(KvCacheTest, ChangingTheCapacityKeepsTheContents) {
  auto cache = make_cache();
  cache.keys(1).fill_(1);
  cache.advance({1, 4, 3});

  cache.set_capacity(9);

  EXPECT_EQ(cache.capacity(), 9);
  EXPECT_EQ(cache.keys(1).size(1), 9);
  EXPECT_EQ(cache.keys(1)[1].narrow(0, 0, 4).min().item<float>(), 1);

  cache.set_capacity(4);

  EXPECT_EQ(cache.num_bytes(), 2 * 2 * 3 * 4 * 3 * 4 * 4);
  EXPECT_EQ(cache.keys(1)[1].min().item<float>(), 1);
}

TEST(KvCacheTest, RefusesACapacityBelowItsLongestRow) {
  auto cache = make_cache();
  cache.advance({1, 4, 3});

  EXPECT_THAT(
      [&] { cache.set_capacity(3); },
      ThrowsMessage<c10::Error>(HasSubstr("at least 4, got 3")));
}

TEST(KvCacheTest, TruncatesOnlyLongerRows) {
  auto cache = make_cache();
  cache.advance({1, 4, 3});

  cache.truncate(3);

  EXPECT_THAT(cache.lengths(), ElementsAre(1, 3, 3));
}

TEST(KvCacheTest, CountsTheBytesOfKeysAndValues) {
  EXPECT_EQ(make_cache().num_bytes(), 2 * 2 * 3 * 5 * 3 * 4 * 4);
}

TEST(KvCacheTest, RefusesARowThatDoesNotExist) {
  auto cache = make_cache();

  EXPECT_THAT(
      [&] {
        cache.select_rows({0, 3});
      },
      ThrowsMessage<c10::Error>(HasSubstr("rows in [0, 3), got 3")));
}

TEST(KvCacheTest, RefusesZeroCapacity) {
  EXPECT_THAT(
      [] { KvCache(KvCacheOptions().capacity(0), torch::kFloat32); },
      ThrowsMessage<c10::ValueError>(HasSubstr("capacity=0")));
}

} // namespace
} // namespace microfiche::decoder
