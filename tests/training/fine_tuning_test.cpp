#include "core/error.h"
#include "model/adapter.h"
#include "page/image_file.h"
#include "tests/support/tiny_model.h"
#include "tests/training/small_training.h"
#include "training/optimizer/model_parts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <algorithm>
#include <map>
#include <string>

namespace microfiche::training {
namespace {

namespace fs = std::filesystem;

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

/// Five steps of an adapter with dropout on a model with weights.
TrainingConfig adapter_training(const fs::path& folder) {
  auto config = tests::small_training(folder);
  tests::train_adapter(config);
  config.stages[0].steps = 5;
  return config;
}

/// The model's weights by name, copied.
std::map<std::string, torch::Tensor> weights_of(model::OpticalModel model) {
  std::map<std::string, torch::Tensor> weights;
  for (const auto& item : model->named_parameters()) {
    weights[item.key()] = item.value().detach().clone();
  }
  return weights;
}

TEST(FineTuningTest, AnAdapterRunWritesTheAdapterAndTheMergedModel) {
  const tests::TemporaryFolder folder;
  const auto config = adapter_training(folder.path());

  ASSERT_TRUE(Trainer(config, folder.path() / "run", torch::kCPU).run());

  auto start = model::load_model(config.model);
  const auto before = weights_of(start.model);
  model::apply_adapter(start, folder.path() / "run" / "adapter");
  EXPECT_FALSE(start.provenance()["adapter_sha256"].get<std::string>().empty());
  const auto merged =
      weights_of(model::load_model(folder.path() / "run" / "model").model);
  for (const auto& [name, weight] : weights_of(start.model)) {
    // The model folder holds bf16.
    EXPECT_TRUE(torch::allclose(merged.at(name), weight, 0.01, 1e-3)) << name;
    const bool targeted =
        name.starts_with("decoder.layers.") && name.ends_with("_proj.weight");
    // An expert without tokens has no gradient.
    if (!targeted) {
      EXPECT_TRUE(torch::equal(weight, before.at(name))) << name;
    } else if (name.find(".attention.") != std::string::npos) {
      EXPECT_FALSE(torch::equal(weight, before.at(name))) << name;
    }
  }
}

TEST(FineTuningTest, ACheckpointOfAnAdapterHasOnlyTrainedTensors) {
  const tests::TemporaryFolder folder;
  auto config = adapter_training(folder.path());
  config.max_minutes = 1e-9;

  Trainer(config, folder.path() / "run", torch::kCPU).run();

  const auto checkpoint = find_checkpoint(folder.path() / "run");
  ASSERT_TRUE(checkpoint);
  for (const auto& [name, tensor] : checkpoint->tensors) {
    EXPECT_TRUE(
        name.ends_with("lora_A") || name.ends_with("lora_B") ||
        name.starts_with("heads."))
        << name;
  }
}

TEST(FineTuningTest, RefusesToTrainWeightsBesideAnAdapter) {
  const tests::TemporaryFolder folder;
  auto config = adapter_training(folder.path());
  config.stages[0].rates.push_back(RateRule{.match = "projector"});

  EXPECT_THAT(
      [&] { Trainer(config, folder.path() / "run", torch::kCPU); },
      ThrowsMessage<InputError>(HasSubstr("rate matches image_newline")));
}

TEST(FineTuningTest, TrainsEachPartAtItsOwnRateAndFreezesTheRest) {
  const tests::TemporaryFolder folder;
  auto config = tests::small_training(folder.path());
  tests::write_small_model_with_weights(folder.path() / "model");
  config.from_weights = true;
  config.optimizer.adam_only = {"*"};
  config.stages = {config.stages[1]};
  auto& stage = config.stages[0];
  stage.steps = 1;
  stage.schedule.warmup_steps = 0;
  stage.losses["glyph"] = 0;
  stage.batch.points_per_page = 0;
  stage.rates = {
      {.match = "clip", .adam = 1e-3},
      {.match = "router", .adam = 0},
      {.match = "embeddings", .adam = 1e-4},
      {.match = "decoder", .adam = 1e-5}};
  Trainer trainer(config, folder.path() / "run", torch::kCPU);
  const auto before = weights_of(trainer.model().model);

  trainer.run();

  const auto moved = [&](const std::string& part) {
    double most = 0;
    for (const auto& [name, weight] : weights_of(trainer.model().model)) {
      if (in_part(part, name)) {
        most = std::max(
            most, (weight - before.at(name)).abs().max().item<double>());
      }
    }
    return most;
  };
  // Adam's first step is as long as its rate.
  EXPECT_NEAR(moved("clip"), 1e-3, 1e-5);
  EXPECT_NEAR(moved("embeddings"), 1e-4, 1e-6);
  EXPECT_NEAR(moved("experts"), 1e-5, 1e-6);
  for (const char* frozen : {"sam", "compressor", "projector", "router"}) {
    EXPECT_EQ(moved(frozen), 0) << frozen;
  }
}

TEST(FineTuningTest, EveryWeightOfAModelBelongsToAPart) {
  const auto loaded = model::make_model(
      model::load_model_config(tests::data_path("training/model/config.json")),
      tests::byte_tokenizer());

  for (const auto& item : loaded.model->named_parameters()) {
    EXPECT_TRUE(std::any_of(
        model_parts().begin(),
        model_parts().end(),
        [&](const auto& part) { return in_part(part.name, item.key()); }))
        << item.key();
  }
}

TEST(FineTuningTest, TheFinalModelIsTheAverage) {
  const tests::TemporaryFolder folder;
  auto config = tests::small_training(folder.path());
  config.average_decay = 0.9;
  const auto run = folder.path() / "run";

  Trainer trainer(config, run, torch::kCPU);
  ASSERT_TRUE(trainer.run());

  const auto checkpoint = find_checkpoint(run);
  ASSERT_TRUE(checkpoint);
  const std::string name = "decoder.norm.weight";
  const auto saved = weights_of(model::load_model(run / "model").model);
  const auto average = checkpoint->tensors.at("average." + name);
  EXPECT_FALSE(torch::equal(average, checkpoint->tensors.at("model." + name)));
  EXPECT_TRUE(torch::equal(
      saved.at(name), average.to(torch::kBFloat16).to(torch::kFloat32)));
}

/// Pages from disk, with and without text between them, beside rendered ones.
TrainingConfig mixed_training(const fs::path& folder) {
  auto config = adapter_training(folder);
  page::write_png(folder / "page.png", tests::noise_page(64, 64, 1));
  write_file(
      folder / "rows.jsonl",
      R"({"messages": [{"role": "user", "content": "<image>\nRead."}, {"role": "assistant", "content": "abc"}], "images": ["page.png"]})"
      "\n"
      R"({"messages": [{"role": "user", "content": "2 + 2?"}, {"role": "assistant", "content": "4"}]})"
      "\n");
  data::ConversationMixConfig rows;
  rows.files = {{(folder / "rows.jsonl").string(), 1.0}};
  rows.modes = {{"one", 1.0}};
  auto& stage = config.stages[0];
  stage.mixture = {
      {.weight = 1, .pages = stage.pages, .conversations = {}},
      {.weight = 1, .pages = {}, .conversations = rows}};
  stage.pages.reset();
  config.evaluation.conversations = rows;
  return config;
}

TEST(FineTuningTest, AMixtureResumesToTheSameBits) {
  const tests::TemporaryFolder folder;
  const auto config = mixed_training(folder.path());
  const auto expected = tests::undisturbed_losses(config);
  auto stopping = config;
  stopping.max_minutes = 1e-9;

  while (!Trainer(stopping, folder.path() / "run", torch::kCPU).run()) {
  }

  EXPECT_EQ(tests::logged_losses(folder.path() / "run"), expected);
}

TEST(FineTuningTest, EvaluatesOnConversations) {
  const tests::TemporaryFolder folder;
  auto config = mixed_training(folder.path());
  // No stage renders anything, so there is no text to render from either.
  config.stages[0].mixture.erase(config.stages[0].mixture.begin());
  config.corpus.clear();
  config.held_out.clear();
  config.evaluation.modes.clear();
  config.evaluation.pages = 8;
  const auto checked =
      read_config<TrainingConfig>(write_config(config), "test");

  const auto rows = Trainer(checked, folder.path() / "run", torch::kCPU).run();

  ASSERT_TRUE(rows);
  ASSERT_EQ(rows->size(), 1);
  EXPECT_EQ(rows->front().text, "conversations");
  EXPECT_GT(rows->front().pages, 0);
  EXPECT_LT(rows->front().pages, 8);
}

} // namespace
} // namespace microfiche::training
