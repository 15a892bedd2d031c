#include "training/batch/sequence.h"
#include "training/loss/loss.h"

#include "tests/training/golden.h"
#include "tests/training/small_training.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

namespace microfiche::training {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

TEST(GivenIdsTest, AreReadButNotPredicted) {
  const std::vector<model::Prompt> prompts = {{{10}, 0, 0}};

  const auto sequences = make_sequences(
      prompts,
      {{5, 6, 7, 8, 1}},
      /*page_rows=*/{},
      torch::kCPU,
      {{1, 0, 1, 0, 0}});

  EXPECT_THAT(tests::whole_numbers(sequences.ids), ElementsAre(10, 5, 6, 7, 8));
  EXPECT_THAT(
      tests::whole_numbers(sequences.predicting_positions),
      ElementsAre(1, 3, 4));
  EXPECT_THAT(tests::whole_numbers(sequences.targets), ElementsAre(6, 8, 1));
}

/// A row of two pages of 64 px with a key that is given.
data::PageBatch two_pages(uint8_t first, uint8_t second) {
  data::PageBatch batch;
  batch.mode = "one+one";
  batch.prompts = {"<image>"};
  batch.pages = 1;
  batch.side_px = 64;
  const auto shade = [](uint8_t from) {
    std::vector<uint8_t> pixels;
    for (int64_t i = 0; i < 64 * 64; ++i) {
      pixels.push_back(static_cast<uint8_t>(from + i % 97));
    }
    return pixels;
  };
  batch.earlier_pages = {{64, shade(first)}};
  batch.pixels = shade(second);
  batch.longest = 4;
  batch.answers = {70, 71, 72, 1};
  batch.given = {1, 0, 0, 0};
  return batch;
}

TEST(SeveralPagesTest, StandBeforeTheQuestionInTheirOrder) {
  const tests::Golden golden("losses.safetensors");
  auto loaded = tests::make_golden_model(golden);
  loaded.model->eval();
  LossFunction loss(loaded, /*heads=*/{});
  const auto reading = [&](const data::PageBatch& batch) {
    return loss(to_device(batch, loaded.model->tensor_options()), LossConfig{})
        .total.item<double>();
  };
  const auto batch = two_pages(10, 150);

  // The same by hand: the tokens of both pages after bos.
  const torch::NoGradGuard no_grad;
  auto& model = *loaded.model;
  const auto tensors = to_device(batch, model.tensor_options());
  const auto page = [&](const torch::Tensor& pixels) {
    return model.assemble(model.encoder->forward(pixels), {}, {1, 1})[0];
  };
  const auto ids = torch::tensor({70, 71, 72}, torch::kInt64).unsqueeze(0);
  const auto bos =
      torch::tensor({loaded.config.language.bos_token_id}, torch::kInt64)
          .unsqueeze(0);
  const auto embeds = torch::cat(
      {model.decoder->embed(bos)[0],
       page(tensors.earlier_pixels[0]),
       page(tensors.pixels),
       model.decoder->embed(ids)[0]});
  const auto logits = model.decoder->logits(
      model.decoder->forward(embeds.unsqueeze(0))[0].slice(0, -3));
  const double expected = torch::nn::functional::cross_entropy(
                              logits, torch::tensor({71, 72, 1}, torch::kInt64))
                              .item<double>();

  EXPECT_NEAR(reading(batch), expected, 1e-5);
  // The order of the pages matters.
  EXPECT_GT(std::abs(reading(two_pages(150, 10)) - expected), 1e-5);
}

TEST(SeveralPagesTest, AidsPointAtThePageOfTheAnswer) {
  AnswerLayout layout;
  layout.answer_begin = 11;
  layout.points = torch::tensor({70.0F, 70.0F, 10.0F, 70.0F}).view({1, 2, 2});
  layout.image_begins = torch::tensor({1, 7}, torch::kInt64).view({1, 2});
  layout.sides = torch::tensor({2, 3}, torch::kInt64).view({1, 2});
  ReadingAids aids(ReadingAidsOptions(8));
  AidConfig config;
  config.attention_bias = 4;

  const auto probes = aids->make_probes(
      config, layout, /*num_layers=*/3, /*length=*/13, 4, torch::kFloat32);

  // (70, 70) is token (1, 1) of the page of two tokens a side, whose rows end
  // with a newline; (10, 70) is token (1, 0) of the page of three.
  const auto bias = probes[1].attention_bias[0][0];
  EXPECT_EQ(bias[11].argmax().item<int64_t>(), 1 + 3 + 1);
  EXPECT_EQ(bias[12].argmax().item<int64_t>(), 7 + 4);
}

StageConfig question_stage(const StageConfig& reading) {
  auto stage = reading;
  const auto pages = *stage.pages;
  stage.pages.reset();
  SourceConfig transcription;
  transcription.weight = 0.3;
  transcription.pages = pages;
  SourceConfig source;
  source.questions.emplace();
  source.questions->tasks = {
      {"pairs", 1.0}, {"several_pages", 1.0}, {"rest_of_line", 1.0}};
  source.questions->as_text = 0.3;
  source.questions->pages = pages;
  source.questions->pages.characters_per_token = {4, 20};
  source.questions->pairs.count = {1, 3};
  source.questions->pairs.layouts = {{"lines", 1.0}};
  source.questions->prefix_characters = {1, 3};
  stage.mixture = {transcription, source};
  stage.steps = 12;
  stage.aids = {
      .layer = 0,
      .location = 0.5,
      .attention = 0.3,
      .attention_bias = 4,
      .bias_until = 0.5,
      .until = 1};
  return stage;
}

TEST(QuestionTrainingTest, TrainsOnAllTasksAndLogsThem) {
  const tests::TemporaryFolder folder;
  auto config = tests::small_training(folder.path());
  config.stages = {question_stage(config.stages[1])};
  const auto run = folder.path() / "run";

  Trainer(config, run, torch::kCPU).run();

  const auto log = read_file(run / "metrics.jsonl");
  for (const char* task :
       {"transcription", "pairs", "several_pages", "rest_of_line"}) {
    EXPECT_THAT(log, HasSubstr(concat("\"task\":\"", task)));
  }
  EXPECT_THAT(log, HasSubstr("_as_text\""));
  EXPECT_THAT(log, HasSubstr("\"pairs\":"));
  EXPECT_EQ(tests::logged_losses(run).size(), 12);
}

TEST(QuestionTrainingTest, LearnsToSayThatAKeyIsNotStated) {
  const tests::TemporaryFolder folder;
  auto config = tests::small_training(folder.path());
  auto stage = question_stage(config.stages[1]);
  auto& questions = *stage.mixture[1].questions;
  questions.tasks = {{"pairs", 1.0}};
  questions.as_text = 0;
  questions.not_stated = 1;
  stage.mixture = {stage.mixture[1]};
  stage.steps = 40;
  stage.losses["glyph"] = 0;
  stage.batch.points_per_page = 0;
  stage.aids = {};
  config.stages = {stage};
  config.evaluation.modes.clear();
  const auto run = folder.path() / "run";

  Trainer(config, run, torch::kCPU).run();

  // Every answer is " ?\n", so the loss approaches 0.
  const auto losses = tests::logged_losses(run);
  EXPECT_GT(losses.at(1), 3);
  EXPECT_LT(losses.at(40), 1);
}

TEST(QuestionTrainingTest, RefusesASourceOfTwoKinds) {
  const tests::TemporaryFolder folder;
  auto config = tests::small_training(folder.path());
  auto stage = question_stage(config.stages[1]);
  stage.mixture[1].pages = stage.mixture[0].pages;

  EXPECT_THAT(
      [&] { validate(stage.mixture[1], "t"); },
      ThrowsMessage<InputError>(
          HasSubstr("expected one of pages, questions and conversations")));
}

TEST(QuestionTrainingTest, NeedsTextAlsoIfAllPagesAreAskedAbout) {
  const tests::TemporaryFolder folder;
  auto config = tests::small_training(folder.path());
  auto stage = question_stage(config.stages[1]);
  stage.mixture = {stage.mixture[1]};
  config.stages = {stage};
  config.evaluation.modes.clear();
  validate(config, "t");
  config.corpus.clear();

  EXPECT_THAT(
      [&] { validate(config, "t"); },
      ThrowsMessage<InputError>(HasSubstr("corpus: expected")));
}

} // namespace
} // namespace microfiche::training
