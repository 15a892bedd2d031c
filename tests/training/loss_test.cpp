#include "training/loss.h"

#include "tests/training/golden.h"
#include "training/optimizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

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

} // namespace
} // namespace microfiche::training
