#include "decoder/decode_graph.h"

#include "tests/decoder/small_decoder.h"
#include "tests/support/parity.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace microfiche::decoder {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

class DecodeGraphTest : public ::testing::TestWithParam<int64_t> {};

TEST_P(DecodeGraphTest, ReplayMatchesForward) {
  const int64_t window = GetParam();
  if (!torch::cuda::is_available()) {
    GTEST_SKIP() << "no GPU on this machine";
  }
  const torch::InferenceMode inference;
  auto decoder = make_decoder(small_options().window(window));
  decoder->to(torch::kCUDA);
  decoder->stack_experts();
  if (!DecodeGraph::is_supported(*decoder)) {
    GTEST_SKIP() << "a build without CUDA";
  }
  const auto prompts = torch::randn({3, 7, 32}).to(torch::kCUDA);
  const auto filled_cache = [&] {
    auto cache = decoder->make_cache(3, 16);
    cache.set_prompt_lengths({3, 7, 5});
    decoder->forward(prompts, &cache, {3, 7, 5});
    return cache;
  };
  auto eager_cache = filled_cache();
  auto cache = filled_cache();

  DecodeGraph graph(decoder, cache);

  for (int64_t step = 0; step < 4; ++step) {
    const auto ids = torch::randint(40, {3, 1}, torch::kInt64).to(torch::kCUDA);
    const auto expected = decoder->logits(
        decoder->forward(decoder->embed(ids), &eager_cache).squeeze(1));
    const auto actual = graph.run(ids, cache);
    cache.advance({1, 1, 1});
    EXPECT_LT(tests::relative_error(actual.cpu(), expected.cpu()), 1e-3)
        << step;
  }
}

INSTANTIATE_TEST_SUITE_P(Windows, DecodeGraphTest, ::testing::Values(0, 2));

TEST(DecodeGraphOnCpuTest, RefusesADecoder) {
  auto decoder = make_decoder();
  const auto cache = decoder->make_cache(1, 8);

  EXPECT_THAT(
      [&] { DecodeGraph(decoder, cache); },
      ThrowsMessage<c10::Error>(HasSubstr("stacked experts on a GPU")));
}

} // namespace
} // namespace microfiche::decoder
