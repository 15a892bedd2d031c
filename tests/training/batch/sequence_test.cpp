#include "training/batch/sequence.h"

#include "core/error.h"
#include "tests/training/golden.h"
#include "training/loss/loss.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

namespace microfiche::training {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

TEST(SequenceTest, PutsPagesAndAnswersIntoTheirRows) {
  // Row 0 is text, row 1 has a page of two positions after its first id.
  const std::vector<model::Prompt> prompts = {
      {{10, 11}, 0, 0}, {{20, 99, 99, 21}, 1, 2}};

  const auto sequences = make_sequences(
      prompts, {{5, 6, 1}, {7, 1}}, /*page_rows=*/{1}, torch::kCPU);

  EXPECT_THAT(
      tests::whole_numbers(sequences.ids),
      ElementsAre(10, 11, 5, 6, 1, 20, 99, 99, 21, 7));
  EXPECT_THAT(
      tests::whole_numbers(sequences.page_positions), ElementsAre(6, 7));
  // The id before an answer's first one predicts it; prompts predict nothing.
  EXPECT_THAT(
      tests::whole_numbers(sequences.predicting_positions),
      ElementsAre(1, 2, 3, 8, 9));
  EXPECT_THAT(
      tests::whole_numbers(sequences.targets), ElementsAre(5, 6, 1, 7, 1));
}

TEST(SequenceTest, RefusesAPageWithoutImageInItsPrompt) {
  EXPECT_THAT(
      [] {
        make_sequences({{{10}, 0, 0}}, {{1}}, {0}, torch::kCPU);
      },
      ThrowsMessage<InputError>(HasSubstr("a page but no <image>")));
}

/// A row with its own prompt and, if it has one, a page of one colour.
data::PageBatch make_row(
    const std::string& prompt,
    std::vector<int64_t> answer,
    bool has_page,
    uint8_t shade) {
  data::PageBatch batch;
  batch.side_px = 64;
  batch.channels = 3;
  batch.prompts = {prompt};
  batch.longest = static_cast<int64_t>(answer.size());
  batch.answers = std::move(answer);
  if (has_page) {
    batch.pages = 1;
    batch.page_rows = {0};
    for (int64_t i = 0; i < 3 * 64 * 64; ++i) {
      batch.pixels.push_back(static_cast<uint8_t>(shade + i % 97));
    }
  }
  return batch;
}

/// The rows as one batch.
data::PageBatch join(const std::vector<data::PageBatch>& rows) {
  data::PageBatch joined;
  joined.side_px = 64;
  joined.channels = 3;
  for (const auto& row : rows) {
    joined.longest = std::max(joined.longest, row.longest);
  }
  for (size_t i = 0; i < rows.size(); ++i) {
    joined.prompts.push_back(rows[i].prompts[0]);
    joined.answers.insert(
        joined.answers.end(), rows[i].answers.begin(), rows[i].answers.end());
    joined.answers.resize((i + 1) * joined.longest, data::PageBatch::kPadding);
    if (rows[i].pages > 0) {
      joined.page_rows.push_back(static_cast<int64_t>(i));
      joined.pixels.insert(
          joined.pixels.end(), rows[i].pixels.begin(), rows[i].pixels.end());
      ++joined.pages;
    }
  }
  return joined;
}

TEST(MixedBatchTest, GivesEachRowTheLossThatItHasAlone) {
  const tests::Golden golden("losses.safetensors");
  auto loaded = tests::make_golden_model(golden);
  loaded.model->eval();
  LossFunction loss(loaded, /*heads=*/{});
  const auto reading = [&](const data::PageBatch& batch) {
    return loss(to_device(batch, loaded.model->tensor_options()), LossConfig{})
        .total.item<double>();
  };
  const std::vector<data::PageBatch> rows = {
      make_row("What is it?", {70, 71, 72, 1}, false, 0),
      make_row("<image>\nRead.", {80, 81, 1}, true, 10),
      make_row("Say more", {90, 1}, false, 0),
      make_row("Here: <image> what?", {60, 61, 62, 63, 64, 1}, true, 150)};

  double sum = 0;
  int64_t count = 0;
  for (const auto& row : rows) {
    sum += static_cast<double>(row.longest) * reading(row);
    count += row.longest;
  }

  EXPECT_NEAR(reading(join(rows)), sum / static_cast<double>(count), 1e-5);
  // The test can fail: with their pages exchanged the rows lose otherwise.
  auto exchanged = rows;
  std::swap(exchanged[1].pixels, exchanged[3].pixels);
  EXPECT_GT(std::abs(reading(join(exchanged)) - reading(join(rows))), 1e-4);
}

TEST(MixedBatchTest, GradientsReachTheEncoderThroughTheRowsWithPages) {
  const tests::Golden golden("losses.safetensors");
  auto loaded = tests::make_golden_model(golden);
  loaded.model->train();
  LossFunction loss(loaded, /*heads=*/{});
  const auto text = make_row("What is it?", {70, 71, 1}, false, 0);
  const auto page = make_row("<image>", {80, 1}, true, 10);
  const auto weight = loaded.model->encoder->projector->linear->weight;

  loss(to_device(text, loaded.model->tensor_options()), LossConfig{})
      .total.backward();
  EXPECT_FALSE(weight.grad().defined());
  loss(
      to_device(join({text, page}), loaded.model->tensor_options()),
      LossConfig{})
      .total.backward();
  EXPECT_GT(weight.grad().abs().max().item<double>(), 0);
}

} // namespace
} // namespace microfiche::training
