#include "decoder/decode_team.h"

#include "tests/decoder/small_decoder.h"
#include "tests/support/parity.h"

#include <ATen/Parallel.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ostream>
#include <vector>

namespace microfiche::decoder {
namespace {

using ::testing::HasSubstr;
using ::testing::Optional;
using ::testing::ThrowsMessage;

/// The settings of one case; `dtype` is that of the activations.
struct TeamCase {
  torch::Dtype dtype;
  int bits;
  int64_t rows;
  int threads;
};

std::ostream& operator<<(std::ostream& stream, const TeamCase& test_case) {
  return stream << test_case.dtype << '_' << test_case.bits << "_bits_"
                << test_case.rows << "_rows_" << test_case.threads
                << "_threads";
}

Decoder make_decoder_of(torch::Dtype dtype, int bits = 16) {
  auto options = small_options();
  if (bits == 4) {
    // One block of 128 inputs and a rest.
    options.intermediate_width(160).moe_intermediate_width(96);
  }
  if (dtype == torch::kBFloat16) {
    // All experts: a rounded score could choose another one.
    options.top_k(options.num_experts());
  }
  auto decoder = make_decoder(options);
  quantize(decoder, bits);
  for (auto& parameter : decoder->parameters()) {
    if (parameter.is_floating_point()) {
      parameter.set_data(parameter.to(dtype));
    }
  }
  return decoder;
}

class DecodeTeamTest : public ::testing::TestWithParam<TeamCase> {
 protected:
  DecodeTeamTest() : threads_before_(at::get_num_threads()) {
    at::set_num_threads(GetParam().threads);
  }
  ~DecodeTeamTest() override {
    at::set_num_threads(threads_before_);
  }

 private:
  int threads_before_;
};

// Products and attention are summed in another order than in `forward`. That
// gives an error of 1e-6 of the largest logit in float32.
constexpr double kTolerance = 2e-6;

/// The logits of `ids` after the ids in `cache`.
torch::Tensor
forward_step(Decoder& decoder, const torch::Tensor& ids, KvCache& cache) {
  return decoder->logits(
      decoder->forward(decoder->embed(ids), &cache).squeeze(1));
}

/// The root mean square error over that of the expected numbers.
double mean_error(const torch::Tensor& actual, const torch::Tensor& expected) {
  return ((actual - expected).norm() / expected.norm()).item<double>();
}

TEST_P(DecodeTeamTest, MatchesForward) {
  const torch::InferenceMode inference;
  const auto [dtype, bits, rows, threads] = GetParam();
  auto decoder = make_decoder_of(dtype, bits);
  // The same numbers, computed in float32.
  auto exact = make_decoder_of(dtype, bits);
  for (auto& parameter : exact->parameters()) {
    if (parameter.is_floating_point()) {
      parameter.set_data(parameter.to(torch::kFloat32));
    }
  }
  const auto prompts = torch::randn({rows, 7, 32}).to(dtype);
  std::vector<int64_t> lengths;
  for (int64_t row = 0; row < rows; ++row) {
    lengths.push_back(7 - row % 7);
  }
  auto exact_cache = exact->make_cache(rows, 16);
  exact->forward(prompts.to(torch::kFloat32), &exact_cache, lengths);
  auto forward_cache = decoder->make_cache(rows, 16);
  decoder->forward(prompts, &forward_cache, lengths);
  auto cache = decoder->make_cache(rows, 16);
  decoder->forward(prompts, &cache, lengths);

  DecodeTeam team(decoder, cache);

  for (int64_t step = 0; step < 4; ++step) {
    const auto ids = torch::randint(40, {rows, 1}, torch::kInt64);
    const auto expected = forward_step(exact, ids, exact_cache);
    const auto of_forward = forward_step(decoder, ids, forward_cache);
    const auto actual = team.run(ids, cache);
    EXPECT_EQ(cache.lengths(), forward_cache.lengths());
    if (dtype == torch::kFloat32) {
      EXPECT_LE(tests::relative_error(actual, expected), kTolerance) << step;
      continue;
    }
    // In bfloat16, as close as `forward`, or within twice 2^-8. The largest of
    // 800 rounding errors says less: it differs by up to two either way.
    const double bound = std::max(8e-3, 1.5 * mean_error(of_forward, expected));
    EXPECT_LE(mean_error(actual, expected), bound) << step;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Cases,
    DecodeTeamTest,
    ::testing::Values(
        TeamCase{torch::kFloat32, 16, 1, 2},
        TeamCase{torch::kFloat32, 16, 1, 1},
        TeamCase{torch::kFloat32, 16, 9, 2},
        TeamCase{torch::kFloat32, 8, 3, 2},
        TeamCase{torch::kBFloat16, 16, 1, 2},
        TeamCase{torch::kBFloat16, 16, 5, 3},
        TeamCase{torch::kBFloat16, 16, 8, 1},
        TeamCase{torch::kBFloat16, 8, 1, 2},
        TeamCase{torch::kBFloat16, 8, 7, 2},
        TeamCase{torch::kFloat32, 4, 3, 2},
        TeamCase{torch::kBFloat16, 4, 5, 2},
        TeamCase{torch::kBFloat16, 4, 20, 3}),
    ::testing::PrintToStringParamName());

TEST(DecodeTeamLimitsTest, UsesTheRoutersOptions) {
  const torch::InferenceMode inference;
  auto decoder = make_decoder(
      small_options().norm_topk_prob(true).routed_scaling_factor(2.5));
  auto expected_cache = decoder->make_cache(2, 4);
  auto cache = decoder->make_cache(2, 4);
  const auto ids = torch::tensor({{3}, {17}}, torch::kInt64);

  const auto expected = decoder->logits(
      decoder->forward(decoder->embed(ids), &expected_cache).squeeze(1));

  EXPECT_LE(
      tests::relative_error(
          DecodeTeam(decoder, cache).run(ids, cache), expected),
      kTolerance);
}

TEST(DecodeTeamLimitsTest, TheNumberOfThreadsChangesNoBit) {
  const torch::InferenceMode inference;
  auto decoder = make_decoder_of(torch::kBFloat16);
  const int before = at::get_num_threads();
  const auto ids = torch::randint(40, {9, 1}, torch::kInt64);

  std::vector<torch::Tensor> logits;
  for (const int threads : {1, 2, 3}) {
    at::set_num_threads(threads);
    auto cache = decoder->make_cache(9, 4);
    logits.push_back(DecodeTeam(decoder, cache).run(ids, cache));
  }
  at::set_num_threads(before);

  EXPECT_TRUE(torch::equal(logits[0], logits[1]));
  EXPECT_TRUE(torch::equal(logits[0], logits[2]));
}

TEST(DecodeTeamLimitsTest, TheBatchCanChangeBetweenSteps) {
  const torch::InferenceMode inference;
  auto decoder = make_decoder();
  auto cache = decoder->make_cache(3, 4);
  DecodeTeam team(decoder, cache);
  const auto all =
      team.run(torch::tensor({{1}, {2}, {3}}, torch::kInt64), cache);

  cache.truncate(0);
  cache.select_rows({2, 0});
  const auto some = team.run(torch::tensor({{3}, {1}}, torch::kInt64), cache);

  EXPECT_TRUE(torch::equal(some[0], all[2]));
  EXPECT_TRUE(torch::equal(some[1], all[0]));
}

TEST(DecodeTeamLimitsTest, DoesNotSupportLora) {
  const torch::InferenceMode inference;
  auto decoder = make_decoder();
  auto* moe = decoder->layers->ptr(2)->as<DecoderLayer>();
  moe->moe->experts->ptr(5)->as<layers::GatedMlp>()->up_proj->add_lora(2, 1, 0);

  EXPECT_THAT(
      DecodeTeam::unsupported_reason(*decoder, decoder->make_cache(1, 4)),
      Optional(HasSubstr("layer 2 has LoRA matrices")));
}

TEST(DecodeTeamLimitsTest, DoesNotSupportSharedKeys) {
  const torch::InferenceMode inference;
  auto decoder = make_decoder(small_options().kv_heads(2));

  EXPECT_THAT(
      DecodeTeam::unsupported_reason(*decoder, decoder->make_cache(1, 4)),
      Optional(HasSubstr("share keys")));
}

TEST(DecodeTeamLimitsTest, DoesNotSupportGradients) {
  auto decoder = make_decoder();

  EXPECT_THAT(
      DecodeTeam::unsupported_reason(*decoder, decoder->make_cache(1, 4)),
      Optional(HasSubstr("gradients")));
}

TEST(DecodeTeamLimitsTest, RefusesAnUnsupportedDecoder) {
  const torch::InferenceMode inference;
  auto decoder = make_decoder(small_options().qk_norm(true));
  const auto cache = decoder->make_cache(1, 4);

  EXPECT_THAT(
      [&] { DecodeTeam(decoder, cache); },
      ThrowsMessage<c10::Error>(HasSubstr("qk_norm")));
}

TEST(DecodeTeamLimitsTest, RefusesAFullCache) {
  const torch::InferenceMode inference;
  auto decoder = make_decoder();
  auto cache = decoder->make_cache(1, 1);
  DecodeTeam team(decoder, cache);
  const auto ids = torch::zeros({1, 1}, torch::kInt64);
  team.run(ids, cache);

  EXPECT_THAT(
      [&] { team.run(ids, cache); },
      ThrowsMessage<c10::Error>(HasSubstr("capacity of 1 is used up")));
}

TEST(DecodeTeamLimitsTest, RefusesAnIdOutsideTheVocabulary) {
  const torch::InferenceMode inference;
  auto decoder = make_decoder();
  auto cache = decoder->make_cache(1, 4);
  DecodeTeam team(decoder, cache);

  EXPECT_THAT(
      [&] {
        team.run(torch::full({1, 1}, 40, torch::kInt64), cache);
      },
      ThrowsMessage<c10::Error>(HasSubstr("ids in [0, 40), got 40")));
}

} // namespace
} // namespace microfiche::decoder
