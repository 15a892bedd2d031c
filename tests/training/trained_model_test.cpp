#include "training/trained_model.h"

#include "checkpoint/safetensors.h"
#include "core/error.h"
#include "core/json.h"
#include "model/checkpoint_names.h"
#include "model/state_dict.h"
#include "tests/training/small_training.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

namespace microfiche::training {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

/// A training that takes parts of a model with other weights.
TrainingConfig training_with_parts(
    const std::filesystem::path& folder,
    std::vector<std::string> parts) {
  auto config = tests::small_training(folder);
  tests::write_small_model_with_weights(folder / "other");
  config.parts_from = {folder / "other", std::move(parts)};
  return config;
}

TEST(TrainedModelTest, TheInitialEncoderIsAFrozenCopy) {
  const tests::TemporaryFolder folder;
  auto config = tests::small_training(folder.path());
  tests::write_small_model_with_weights(config.model);
  config.from_weights = true;
  EXPECT_EQ(make_trained_model(config, torch::kCPU).initial_encoder, nullptr);
  config.stages[0].losses["kept_tokens"] = 1;
  config.stages[0].kept_characters_per_token = 6;

  const auto trained = make_trained_model(config, torch::kCPU);

  ASSERT_NE(trained.initial_encoder, nullptr);
  const auto copies = trained.initial_encoder->named_parameters();
  const torch::NoGradGuard no_grad;
  for (const auto& item : trained.loaded.model->encoder->named_parameters()) {
    const auto& copy = copies[item.key()];
    EXPECT_TRUE(torch::equal(copy, item.value())) << item.key();
    EXPECT_FALSE(copy.requires_grad()) << item.key();
    item.value().add_(1);
    EXPECT_FALSE(torch::equal(copy, item.value())) << item.key();
  }
}

TEST(TrainedModelTest, CopiesOnlyTheNamedPartsOfAnotherModel) {
  const tests::TemporaryFolder folder;
  const auto config = training_with_parts(folder.path(), {"sam", "projector"});

  const auto trained = make_trained_model(config, torch::kCPU);

  const auto own = trained.loaded.model->named_parameters();
  const auto other = model::load_model(folder.path() / "other");
  for (const auto& item : other.model->named_parameters()) {
    const auto& name = item.key();
    if (name.starts_with("encoder.sam.") ||
        name.starts_with("encoder.projector.")) {
      EXPECT_TRUE(torch::equal(own[name], item.value())) << name;
    }
  }
  const auto* table = "decoder.token_embedding.weight";
  EXPECT_FALSE(
      torch::equal(own[table], other.model->named_parameters()[table]));
}

TEST(TrainedModelTest, CopiesPartsFromAFileThatHoldsNothingElse) {
  const tests::TemporaryFolder folder;
  auto config = training_with_parts(folder.path(), {"projector"});
  const auto other = model::load_model(folder.path() / "other");
  const auto file = folder.path() / "projector.safetensors";
  std::vector<checkpoint::TensorView> tensors;
  for (const auto& item : other.model->named_parameters()) {
    if (in_part("projector", item.key())) {
      tensors.push_back(
          model::view_bytes(model::published_name(item.key()), item.value()));
    }
  }
  checkpoint::write_safetensors(file, tensors);
  config.parts_from->model = file;

  const auto trained = make_trained_model(config, torch::kCPU);

  const auto own = trained.loaded.model->named_parameters();
  ASSERT_FALSE(tensors.empty());
  for (const auto& item : other.model->named_parameters()) {
    if (in_part("projector", item.key())) {
      EXPECT_TRUE(torch::equal(own[item.key()], item.value())) << item.key();
    }
  }

  config.parts_from->parts = {"sam"};
  EXPECT_THAT(
      [&] { make_trained_model(config, torch::kCPU); },
      ThrowsMessage<InputError>(HasSubstr("has no tensor model.sam_model.")));
}

TEST(TrainedModelTest, MultipliesInt8PartsByTheirScales) {
  const tests::TemporaryFolder folder;
  auto config = training_with_parts(folder.path(), {"clip"});
  const auto exact = model::load_model(folder.path() / "other");
  auto rounded = model::load_model(folder.path() / "other");
  model::quantize_linear_layers(rounded.model, model::int8_quantization());
  config.parts_from->model = folder.path() / "int8.safetensors";
  model::save_state_dict(
      rounded.model, config.parts_from->model, torch::kFloat32);

  const auto trained = make_trained_model(config, torch::kCPU);

  const auto own = trained.loaded.model->named_parameters();
  for (const auto& item : exact.model->named_parameters()) {
    if (in_part("clip", item.key())) {
      const auto difference = (own[item.key()] - item.value()).abs().max();
      // Half of a 127th of the largest weight.
      EXPECT_LE(
          difference.item<double>(),
          item.value().abs().max().item<double>() / 253)
          << item.key();
    }
  }
}

TEST(TrainedModelTest, RefusesAnUnknownPart) {
  const tests::TemporaryFolder folder;
  const auto config = training_with_parts(folder.path(), {"tail"});

  EXPECT_THAT(
      [&] { make_trained_model(config, torch::kCPU); },
      ThrowsMessage<InputError>(HasSubstr("is in part \"tail\"")));
}

} // namespace
} // namespace microfiche::training
