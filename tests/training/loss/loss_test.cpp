#include "training/loss/loss.h"

#include "tests/training/golden.h"
#include "training/optimizer/optimizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cmath>

namespace microfiche::training {
namespace {

constexpr int64_t kGoldenSteps = 10;

TEST(LossTest, GivesTheTenFirstLossesOfTheSameModelInPython) {
  const tests::Golden golden("losses.safetensors");
  auto loaded = tests::make_golden_model(golden);
  std::vector<std::pair<std::string, torch::Tensor>> named;
  for (const auto& item : loaded.model->named_parameters()) {
    named.emplace_back(item.key(), item.value());
  }
  loaded.model->train();
  OptimizerConfig config;
  config.weight_decay = 0.1;
  config.adam_only = {"*"};
  Optimizer optimizer(with_masters(named), {RateRule{}}, config);
  LossFunction loss(loaded, /*heads=*/{});
  const LossConfig weights{{"balance", 0.01}};

  const auto expected = golden["losses"];
  for (int64_t step = 0; step < kGoldenSteps; ++step) {
    const auto losses = loss(
        to_device(
            tests::golden_batch(golden, step), loaded.model->tensor_options()),
        weights);
    EXPECT_NEAR(
        losses.total.item<double>(), expected[step].item<double>(), 1e-5)
        << "step " << step;
    optimizer.zero_grad();
    losses.total.backward();
    optimizer.clip_gradients();
    optimizer.step(/*rate_factor=*/1);
  }
}

TEST(LossTest, DoesNotRunTheDecoderWithoutReading) {
  const tests::Golden golden("losses.safetensors");
  auto loaded = tests::make_golden_model();
  loaded.model->train();
  GlyphHead head(GlyphHeadOptions(loaded.config.language.hidden_size));
  LossFunction loss(loaded, {.glyph = head});
  auto batch = tests::golden_batch(golden, 0);
  batch.points.assign(2 * 3 * batch.pages, 5.0F);
  batch.point_labels.assign(3 * batch.pages, 'a');

  loss(
      to_device(batch, loaded.model->tensor_options()),
      {{"reading", 0}, {"glyph", 1}})
      .total.backward();

  for (const auto& item : loaded.model->decoder->named_parameters()) {
    EXPECT_FALSE(item.value().grad().defined()) << item.key();
  }
  for (const auto& item : loaded.model->encoder->named_parameters()) {
    EXPECT_TRUE(item.value().grad().defined()) << item.key();
  }
}

TEST(LossTest, CachesVisionTokensOfAFrozenEncoderOnly) {
  const tests::Golden golden("losses.safetensors");
  auto loaded = tests::make_golden_model();
  auto batch =
      to_device(tests::golden_batch(golden, 0), loaded.model->tensor_options());
  LossFunction loss(loaded, /*heads=*/{});
  const auto losses_of_two_pages = [&] {
    loss.cache_vision_tokens(4);
    std::vector<double> losses;
    for (const double factor : {1.0, 0.1}) {
      auto pages = batch;
      pages.pixels = batch.pixels * factor;
      losses.push_back(loss(pages, {}).total.item<double>());
    }
    return losses;
  };

  const auto trained = losses_of_two_pages();
  for (auto& parameter : loaded.model->encoder->parameters()) {
    parameter.requires_grad_(false);
  }
  const auto frozen = losses_of_two_pages();

  EXPECT_NE(trained[0], trained[1]);
  EXPECT_EQ(frozen[0], trained[0]);
  // The second pages have the index of the first.
  EXPECT_EQ(frozen[1], frozen[0]);
}

TEST(LossTest, KeptTokensIsTheRelativeChangeOnSparsePagesOnly) {
  const tests::Golden golden("losses.safetensors");
  auto loaded = tests::make_golden_model();
  auto batch =
      to_device(tests::golden_batch(golden, 0), loaded.model->tensor_options());
  batch.characters_per_token = 10;
  auto& encoder = *loaded.model->encoder;
  const auto copy = encoder.clone();
  LossFunction loss(loaded, /*heads=*/{});
  const auto kept = [&](double densest) {
    loss.set_initial_encoder(
        dynamic_cast<encoder::DeepEncoderImpl*>(copy.get()), densest);
    return loss(batch, {{"reading", 0}, {"kept_tokens", 1}})
        .total.item<double>();
  };

  EXPECT_LT(kept(10), 1e-9);
  const torch::NoGradGuard no_grad;
  const auto before = encoder.forward(batch.pixels);
  encoder.projector->linear->bias.add_(0.5);
  EXPECT_NEAR(kept(10), 0.25 / before.square().mean().item<double>(), 1e-4);
  EXPECT_EQ(kept(9), 0);
}

TEST(LossTest, DoesNotCountPadding) {
  const tests::Golden golden("losses.safetensors");
  auto loaded = tests::make_golden_model();
  loaded.model->eval();
  LossFunction loss(loaded, /*heads=*/{});
  const auto batch = tests::golden_batch(golden, 0);
  auto padded = batch;
  padded.longest += 4;
  padded.answers.clear();
  for (int64_t row = 0; row < batch.pages; ++row) {
    const auto begin = batch.answers.begin() + row * batch.longest;
    padded.answers.insert(padded.answers.end(), begin, begin + batch.longest);
    padded.answers.insert(padded.answers.end(), 4, data::PageBatch::kPadding);
  }
  padded.answer_points.assign(2 * padded.answers.size(), -1.0F);

  const auto like = loaded.model->tensor_options();
  const LossConfig weights;
  const auto expected = loss(to_device(batch, like), weights);
  const auto losses = loss(to_device(padded, like), weights);

  EXPECT_NEAR(losses.total.item<double>(), expected.total.item<double>(), 1e-6);
}

/// The mean loss of the answers when each id goes through the decoder alone,
/// after a cache that forgets, as in generation.
double stepwise_loss(model::LoadedModel& loaded, const BatchTensors& batch) {
  const torch::NoGradGuard no_grad;
  model::OpticalModelImpl& model = *loaded.model;
  const auto pages = model.assemble(
      model.encoder->forward(batch.pixels), /*tile_tokens=*/{}, {1, 1});
  const auto prompt = model::assemble_prompt(
      loaded.tokenizer(),
      loaded.config.toolkit.default_prompt,
      pages.size(1),
      loaded.config.language.bos_token_id);
  const auto length = static_cast<int64_t>(prompt.ids.size());
  double sum = 0;
  int64_t count = 0;
  for (size_t row = 0; row < batch.answers.size(); ++row) {
    const auto& answer = batch.answers[row];
    auto cache = model.decoder->make_cache(1, length + 200);
    cache.set_prompt_lengths({length});
    auto embeds = model.decoder->embed(torch::tensor(prompt.ids).unsqueeze(0));
    embeds.narrow(1, prompt.image_begin, prompt.image_positions)
        .copy_(pages.narrow(0, static_cast<int64_t>(row), 1));
    for (const int64_t id : answer) {
      const auto hidden = model.decoder->forward(embeds, &cache);
      const auto logits = model.decoder->logits(hidden.select(1, -1));
      sum -= logits.log_softmax(-1)[0][id].item<double>();
      ++count;
      embeds = model.decoder->embed(torch::tensor({{id}}, torch::kInt64));
    }
  }
  return sum / static_cast<double>(count);
}

TEST(LossTest, OfADecoderWithAWindowIsThatOfDecodingIdById) {
  const tests::Golden golden("losses.safetensors");
  const auto batch = tests::golden_batch(golden, 0);
  std::vector<double> losses;
  for (const int64_t window : {0, 3}) {
    auto config =
        model::load_model_config(tests::golden_model_folder() / "config.json");
    if (window > 0) {
      config.language.sliding_window_size = window;
    }
    auto loaded = model::make_model(config, tests::byte_tokenizer());
    const torch::NoGradGuard no_grad;
    for (const auto& item : loaded.model->named_parameters()) {
      item.value().copy_(golden["model." + item.key()]);
    }
    loaded.model->eval();
    LossFunction loss(loaded, /*heads=*/{});
    const auto tensors = to_device(batch, loaded.model->tensor_options());

    losses.push_back(loss(tensors, LossConfig()).total.item<double>());
    EXPECT_NEAR(losses.back(), stepwise_loss(loaded, tensors), 1e-5) << window;
  }
  EXPECT_GT(std::abs(losses[0] - losses[1]), 1e-4);
}

} // namespace
} // namespace microfiche::training
