#include "decoder/decoder.h"

#include "model/loaded_model.h"
#include "tests/decoder/small_decoder.h"
#include "tests/support/parity.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace microfiche::decoder {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

// The error of float32 sums in another order.
constexpr double kSumError = 2e-5;

TEST(DecoderParityTest, HiddenStatesAndLogitsMatchTheReference) {
  const tests::ParityFile golden("decoder.safetensors");
  auto loaded = model::load_model(tests::parity_model());
  const torch::InferenceMode inference;
  auto& decoder = loaded.model->decoder;

  const auto hidden = decoder->forward(decoder->embed(golden["input_ids"]));

  EXPECT_LT(tests::relative_error(hidden, golden["hidden"]), 1e-4);
  EXPECT_LT(
      tests::relative_error(decoder->logits(hidden), golden["logits"]), 1e-4);
}

TEST(DecoderParityTest, LogitsOfEmbeddingsMatchTheReference) {
  const tests::ParityFile golden("decoder.safetensors");
  auto loaded = model::load_model(tests::parity_model());
  const torch::InferenceMode inference;
  auto& decoder = loaded.model->decoder;

  const auto logits =
      decoder->logits(decoder->forward(golden["inputs_embeds"]));

  EXPECT_LT(tests::relative_error(logits, golden["embeds_logits"]), 1e-4);
}

TEST(DecoderParityTest, GreedyDecodingMatchesTheReference) {
  const tests::ParityFile golden("decoder.safetensors");
  auto loaded = model::load_model(tests::parity_model());
  const torch::InferenceMode inference;
  auto& decoder = loaded.model->decoder;
  auto cache = decoder->make_cache(/*batch=*/1, /*capacity=*/64);
  std::vector<int64_t> ids;

  auto embeds = decoder->embed(golden["greedy_prompt"]);
  for (int64_t step = 0; step < 24; ++step) {
    const auto last = decoder->forward(embeds, &cache).narrow(1, -1, 1);
    const auto id = decoder->logits(last).argmax(-1); // (1, 1)
    ids.push_back(id.item<int64_t>());
    embeds = decoder->embed(id);
  }

  EXPECT_TRUE(torch::equal(
      torch::tensor(ids, torch::kInt64), golden["greedy_continuation"][0]));
}

TEST(DecoderTest, Bfloat16IsCloseToFloat32) {
  const tests::ParityFile golden("decoder.safetensors");
  auto loaded = model::load_model(tests::parity_model());
  const torch::InferenceMode inference;
  auto& decoder = loaded.model->decoder;
  decoder->to(torch::kBFloat16);

  const auto hidden =
      decoder->forward(golden["inputs_embeds"].to(torch::kBFloat16));

  // Three layers with two residual sums each, rounded by a relative 2^-9, and
  // products of such inputs: 6 * 2e-3 = 1e-2. A token between two experts may
  // change to the other one, so the test compares the mean.
  const auto logits = decoder->logits(hidden);
  const auto error = (logits - golden["embeds_logits"]).abs().mean() /
      golden["embeds_logits"].abs().mean();
  EXPECT_LT(error.item<double>(), 3e-2);
}

// Runs the decoder on pieces of the given sizes.
torch::Tensor forward_in_pieces(
    Decoder& decoder,
    const torch::Tensor& embeds,
    const std::vector<int64_t>& sizes) {
  auto cache = decoder->make_cache(embeds.size(0), embeds.size(1));
  std::vector<torch::Tensor> pieces;
  for (const auto& piece : embeds.split_with_sizes(sizes, /*dim=*/1)) {
    pieces.push_back(decoder->forward(piece, &cache));
  }
  return torch::cat(pieces, /*dim=*/1);
}

TEST(DecoderTest, ACacheDoesNotChangeTheOutput) {
  auto decoder = make_decoder();
  const torch::NoGradGuard no_grad;
  const auto embeds = torch::randn({2, 9, 32});
  const auto expected = decoder->forward(embeds);

  for (const auto& sizes : std::vector<std::vector<int64_t>>{
           {9}, {5, 1, 1, 1, 1}, {3, 4, 2}, {1, 8}}) {
    EXPECT_LT(
        tests::relative_error(
            forward_in_pieces(decoder, embeds, sizes), expected),
        kSumError)
        << "pieces " << sizes;
  }
}

class RaggedDecoderTest : public ::testing::Test {
 protected:
  void SetUp() override {
    torch::manual_seed(1);
    decoder = make_decoder();
    for (const int64_t length : prompts) {
      // A prompt and four more positions.
      rows.push_back(torch::randn({1, length + 4, 32}));
    }
  }

  // The prompts as one batch, padded on the right with noise.
  torch::Tensor padded_prompts() const {
    auto batch = torch::randn({3, 7, 32}) * 100;
    for (size_t row = 0; row < rows.size(); ++row) {
      batch[row]
          .narrow(0, 0, prompts[row])
          .copy_(rows[row][0].narrow(0, 0, prompts[row]));
    }
    return batch;
  }

  torch::Tensor next(const std::vector<size_t>& which, int64_t step) const {
    std::vector<torch::Tensor> positions;
    for (const size_t row : which) {
      positions.push_back(rows[row].narrow(1, prompts[row] + step, 1));
    }
    return torch::cat(positions); // (B, 1, D)
  }

  torch::Tensor alone(size_t row) {
    return decoder->forward(rows[row])[0]; // (L, D)
  }

  torch::NoGradGuard no_grad;
  const std::vector<int64_t> prompts = {3, 7, 5};
  std::vector<torch::Tensor> rows;
  Decoder decoder{nullptr};
};

TEST_F(RaggedDecoderTest, PaddingDoesNotChangeAPrompt) {
  auto cache = decoder->make_cache(3, 16);

  const auto hidden = decoder->forward(padded_prompts(), &cache, prompts);

  for (size_t row = 0; row < 3; ++row) {
    EXPECT_LT(
        tests::relative_error(
            hidden[row].narrow(0, 0, prompts[row]),
            alone(row).narrow(0, 0, prompts[row])),
        kSumError);
  }
}

TEST_F(RaggedDecoderTest, EachRowContinuesAtItsOwnPosition) {
  auto cache = decoder->make_cache(3, 16);
  decoder->forward(padded_prompts(), &cache, prompts);

  for (int64_t step = 0; step < 4; ++step) {
    const auto hidden = decoder->forward(next({0, 1, 2}, step), &cache);
    for (size_t row = 0; row < 3; ++row) {
      EXPECT_LT(
          tests::relative_error(
              hidden[row][0], alone(row)[prompts[row] + step]),
          kSumError)
          << "row " << row << " step " << step;
    }
  }
  EXPECT_THAT(cache.lengths(), ElementsAre(7, 11, 9));
}

TEST_F(RaggedDecoderTest, DroppingRowsDoesNotChangeTheOthers) {
  auto cache = decoder->make_cache(3, 16);
  decoder->forward(padded_prompts(), &cache, prompts);
  decoder->forward(next({0, 1, 2}, 0), &cache);

  cache.select_rows({2, 0});
  const auto hidden = decoder->forward(next({2, 0}, 1), &cache);

  EXPECT_LT(
      tests::relative_error(hidden[0][0], alone(2)[prompts[2] + 1]), kSumError);
  EXPECT_LT(
      tests::relative_error(hidden[1][0], alone(0)[prompts[0] + 1]), kSumError);
}

TEST_F(RaggedDecoderTest, AppendedRowsContinueBesideTheOthers) {
  auto cache = decoder->make_cache(2, 16);
  decoder->forward(
      padded_prompts().narrow(0, 0, 2), &cache, {prompts[0], prompts[1]});
  decoder->forward(next({0, 1}, 0), &cache);
  auto late = decoder->make_cache(1, 8);
  decoder->forward(padded_prompts().narrow(0, 2, 1), &late, {prompts[2]});

  cache.append_rows(late);
  const auto hidden =
      decoder->forward(torch::cat({next({0, 1}, 1), next({2}, 0)}), &cache);

  EXPECT_THAT(cache.lengths(), ElementsAre(5, 9, 6));
  for (size_t row = 0; row < 3; ++row) {
    const int64_t step = row < 2 ? 1 : 0;
    EXPECT_LT(
        tests::relative_error(hidden[row][0], alone(row)[prompts[row] + step]),
        kSumError)
        << "row " << row;
  }
}

TEST_F(RaggedDecoderTest, StepMatchesForward) {
  auto cache = decoder->make_cache(3, 16);
  decoder->forward(padded_prompts(), &cache, prompts);
  auto device_cache = decoder->make_cache(3, 16);
  decoder->forward(padded_prompts(), &device_cache, prompts);

  for (int64_t step = 0; step < 4; ++step) {
    const auto ids = torch::randint(40, {3, 1}, torch::kInt64);
    const auto expected = decoder->logits(
        decoder->forward(decoder->embed(ids), &cache).squeeze(1));

    const auto actual =
        decoder->step(ids, device_cache.next_places(), device_cache);
    device_cache.advance({1, 1, 1});

    EXPECT_LT(tests::relative_error(actual, expected), kSumError) << step;
  }
}

TEST(DecoderTest, EveryWeightHasAGradient) {
  torch::manual_seed(0);
  Decoder decoder(small_options().qk_norm(true));
  const auto ids = torch::randint(40, {4, 20}, torch::kInt64);

  const auto logits = decoder->logits(decoder->forward(decoder->embed(ids)));
  (torch::cross_entropy_loss(logits.flatten(0, 1), ids.flatten()) +
   0.001 * decoder->balance_loss())
      .backward();

  for (const auto& parameter : decoder->named_parameters()) {
    ASSERT_TRUE(parameter->grad().defined()) << parameter.key();
    EXPECT_GT(parameter->grad().abs().max().item<double>(), 0)
        << parameter.key();
  }
}

TEST(DecoderTest, ALaterPositionNeverChangesAnEarlierOne) {
  auto decoder = make_decoder();
  const torch::NoGradGuard no_grad;
  const auto embeds = torch::randn({1, 6, 32});
  auto changed = embeds.clone();
  changed.select(1, 4).add_(1);

  const auto difference =
      (decoder->forward(embeds) - decoder->forward(changed)).abs();

  EXPECT_LT(difference.narrow(1, 0, 4).max().item<double>(), 1e-5);
  EXPECT_GT(difference.narrow(1, 4, 2).max().item<double>(), 1e-2);
}

TEST(DecoderTest, RefusesMorePositionsThanTheCacheHas) {
  auto decoder = make_decoder();
  auto cache = decoder->make_cache(1, 4);
  decoder->forward(torch::zeros({1, 3, 32}), &cache);

  EXPECT_THAT(
      [&] {
        decoder->forward(torch::zeros({1, 2, 32}), &cache);
      },
      ThrowsMessage<c10::Error>(
          HasSubstr("2 positions after the 3 of the longest row exceed the "
                    "cache's capacity of 4")));
}

TEST(DecoderTest, RefusesLengthsBeyondThePositions) {
  auto decoder = make_decoder();
  auto cache = decoder->make_cache(2, 8);

  EXPECT_THAT(
      [&] {
        decoder->forward(torch::zeros({2, 3, 32}), &cache, {3, 4});
      },
      ThrowsMessage<c10::Error>(HasSubstr("2 lengths in [0, 3]")));
}

TEST(DecoderTest, RefusesABalanceLossBeforeTraining) {
  auto decoder = make_decoder();

  EXPECT_THAT(
      [&] { decoder->balance_loss(); },
      ThrowsMessage<c10::Error>(HasSubstr("call train() and forward() first")));
}

} // namespace
} // namespace microfiche::decoder
