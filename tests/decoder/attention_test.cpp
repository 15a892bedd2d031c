#include "decoder/attention.h"

#include "tests/decoder/small_decoder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace microfiche::decoder {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

TEST(AttentionTest, KeptProbabilitiesAreCausalAndSumToOne) {
  auto decoder = make_decoder();
  std::vector<LayerProbe> probes(3);
  probes[1].keep_attention = true;

  decoder->forward(torch::randn({2, 5, 32}), nullptr, {}, &probes);

  const auto& attention = probes[1].attention; // (2, 4, 5, 5)
  EXPECT_TRUE(torch::allclose(attention.sum(-1), torch::ones({2, 4, 5})));
  EXPECT_EQ(attention.triu(1).abs().max().item<double>(), 0);
}

TEST(AttentionTest, KeepingProbabilitiesDoesNotChangeTheOutput) {
  auto decoder = make_decoder();
  const torch::NoGradGuard no_grad;
  const auto x = torch::randn({2, 5, 32});
  std::vector<LayerProbe> probes(3);
  probes[0].keep_attention = true;
  probes[2].keep_attention = true;

  const auto probed = decoder->forward(x, nullptr, {}, &probes);

  EXPECT_TRUE(torch::allclose(probed, decoder->forward(x), 1e-4, 1e-5));
}

TEST(AttentionTest, ABiasMovesAttention) {
  auto decoder = make_decoder();
  std::vector<LayerProbe> probes(3);
  probes[0].keep_attention = true;
  probes[0].attention_bias = torch::zeros({1, 1, 1, 5});
  probes[0].attention_bias.select(-1, 0).fill_(100);

  decoder->forward(torch::randn({2, 5, 32}), nullptr, {}, &probes);

  EXPECT_GT(probes[0].attention.select(-1, 0).min().item<double>(), 0.99);
}

TEST(AttentionTest, HeadsCanShareKeysAndValues) {
  auto shared = make_decoder(small_options().kv_heads(2));
  auto full = make_decoder();
  const torch::NoGradGuard no_grad;
  for (const auto& parameter : shared->named_parameters()) {
    auto value = parameter.value();
    const bool repeats = parameter.key().find("k_proj") != std::string::npos ||
        parameter.key().find("v_proj") != std::string::npos;
    if (repeats) {
      value = value.view({2, 8, 32}).repeat_interleave(2, 0).flatten(0, 1);
    }
    full->named_parameters()[parameter.key()].copy_(value);
  }
  const auto x = torch::randn({2, 5, 32});

  EXPECT_TRUE(
      torch::allclose(shared->forward(x), full->forward(x), 1e-4, 1e-5));
}

TEST(AttentionTest, QkNormIgnoresTheScaleOfQueries) {
  auto decoder = make_decoder(small_options().layers(1).qk_norm(true));
  const torch::NoGradGuard no_grad;
  const auto x = torch::randn({1, 5, 32});
  const auto before = decoder->forward(x);

  auto& attention = decoder->layers[0]->as<DecoderLayer>()->attention;
  attention->q_proj->weight.mul_(7);

  EXPECT_TRUE(torch::allclose(decoder->forward(x), before, 1e-3, 1e-4));
}

TEST(AttentionTest, RefusesKvHeadsThatDoNotDivideHeads) {
  EXPECT_THAT(
      [] { Attention(AttentionOptions(32, 4).kv_heads(3)); },
      ThrowsMessage<c10::ValueError>(HasSubstr("4 heads and 3 kv_heads")));
}

TEST(AttentionTest, RefusesAnOddHeadDim) {
  EXPECT_THAT(
      [] { Attention(AttentionOptions(12, 4)); },
      ThrowsMessage<c10::ValueError>(HasSubstr("expected an even head_dim")));
}

} // namespace
} // namespace microfiche::decoder
