#include "decoder/kv_cache.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

namespace microfiche::decoder {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

KvCache make_cache() {
  return KvCache(
      KvCacheOptions().layers(2).kv_heads(3).head_dim(4).batch(3).capacity(5),
      torch::kFloat32);
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

TEST(KvCacheTest, TruncatesOnlyWhatIsLonger) {
  auto cache = make_cache();
  cache.advance({1, 4, 3});

  cache.truncate(3);

  EXPECT_THAT(cache.lengths(), ElementsAre(1, 3, 3));
}

TEST(KvCacheTest, CountsTheBytesOfKeysAndValues) {
  EXPECT_EQ(make_cache().num_bytes(), 2 * 2 * 3 * 5 * 3 * 4 * 4);
}

TEST(KvCacheTest, RefusesARowThatIsNotThere) {
  auto cache = make_cache();

  EXPECT_THAT(
      [&] {
        cache.select_rows({0, 3});
      },
      ThrowsMessage<c10::Error>(HasSubstr("rows in [0, 3), got 3")));
}

TEST(KvCacheTest, RefusesToHoldNothing) {
  EXPECT_THAT(
      [] { KvCache(KvCacheOptions().capacity(0), torch::kFloat32); },
      ThrowsMessage<c10::ValueError>(HasSubstr("capacity=0")));
}

} // namespace
} // namespace microfiche::decoder
