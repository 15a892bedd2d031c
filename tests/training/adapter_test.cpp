#include "model/adapter.h"

#include "core/error.h"
#include "core/files.h"
#include "tests/support/tiny_model.h"
#include "tests/training/golden.h"
#include "training/loss/loss.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <algorithm>
#include <limits>

namespace microfiche::training {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

/// The reading loss of the first golden batch.
double golden_loss(model::LoadedModel& loaded) {
  const torch::NoGradGuard no_grad;
  const tests::Golden golden("losses.safetensors");
  loaded.model->eval();
  return LossFunction(loaded, /*heads=*/{})(
             to_device(
                 tests::golden_batch(golden, 0),
                 loaded.model->tensor_options()),
             LossConfig{})
      .total.item<double>();
}

double peft_loss(const std::string& name) {
  return tests::Golden("losses.safetensors", "adapter")[name].item<double>();
}

model::LoadedModel golden_model() {
  return tests::make_golden_model(tests::Golden("losses.safetensors"));
}

/// A copy of one of PEFT's folders whose config has another field.
void write_altered_adapter(
    const std::filesystem::path& folder,
    const std::string& field,
    const Json& value) {
  const auto from = tests::data_path("adapter/lora");
  Json json = read_json_file(from / "adapter_config.json");
  json[field] = value;
  write_json_file(folder / "adapter_config.json", json);
  write_file(
      folder / "adapter_model.safetensors",
      read_file(from / "adapter_model.safetensors"));
}

class PeftAdapterTest : public ::testing::TestWithParam<std::string> {};

TEST_P(PeftAdapterTest, ComputesTheSameAsPeft) {
  auto loaded = golden_model();
  ASSERT_NEAR(golden_loss(loaded), peft_loss("none"), 1e-5);

  model::load_adapter(loaded.model, tests::data_path("adapter") / GetParam());

  EXPECT_NEAR(golden_loss(loaded), peft_loss(GetParam()), 1e-5);
}

TEST_P(PeftAdapterTest, IsMergedAsPeftMergesIt) {
  auto loaded = golden_model();
  const size_t parameters = loaded.model->parameters().size();

  model::load_adapter(loaded.model, tests::data_path("adapter") / GetParam());
  model::merge_adapter(loaded.model);

  EXPECT_NEAR(golden_loss(loaded), peft_loss(GetParam() + ".merged"), 1e-5);
  EXPECT_EQ(loaded.model->parameters().size(), parameters);
}

TEST_P(PeftAdapterTest, IsSavedAsPeftSavedIt) {
  const auto from = tests::data_path("adapter") / GetParam();
  const Json theirs = read_json_file(from / "adapter_config.json");
  auto loaded = golden_model();
  model::load_adapter(loaded.model, from);
  const tests::TemporaryFolder folder;
  model::AdapterConfig config;
  config.rank = theirs["r"];
  config.alpha = theirs["lora_alpha"];
  config.dropout = theirs["lora_dropout"];
  config.rslora = theirs["use_rslora"];

  model::save_adapter(loaded.model, config, folder.path(), "base");

  const checkpoint::SafetensorsFile expected(
      from / "adapter_model.safetensors");
  const checkpoint::SafetensorsFile saved(
      folder.path() / "adapter_model.safetensors");
  ASSERT_EQ(saved.tensors().size(), expected.tensors().size());
  for (const auto& info : expected.tensors()) {
    const auto* found = saved.find(info.name);
    ASSERT_NE(found, nullptr) << info.name;
    EXPECT_EQ(found->shape, info.shape);
    EXPECT_TRUE(std::ranges::equal(saved.bytes(*found), expected.bytes(info)));
  }
  const Json ours = read_json_file(folder.path() / "adapter_config.json");
  for (const auto& [field, value] : ours.items()) {
    // PEFT takes a layer by its last name or by its whole one; the last layers
    // of its list are named here by their last names only.
    if (field != "base_model_name_or_path" && field != "target_modules") {
      EXPECT_EQ(value, theirs[field]) << field;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(
    Kinds,
    PeftAdapterTest,
    ::testing::Values("lora", "rslora"));

TEST(AdapterTest, ANameWithoutAPathMatchesAllLayers) {
  auto loaded = tests::make_tiny_model();
  model::AdapterConfig config;
  // The projector is published as "layers", which lists are called as well.
  config.targets = {
      "*.q_proj",
      "decoder.layers.1.attention.v_proj",
      "encoder.projector.linear"};
  model::add_adapter(loaded.model, config);
  const tests::TemporaryFolder folder;

  model::save_adapter(loaded.model, config, folder.path(), "base");

  EXPECT_EQ(
      read_json_file(folder.path() / "adapter_config.json")["target_modules"],
      Json::array(
          {"model.layers.1.self_attn.v_proj",
           "model.projector.layers",
           "q_proj"}));
}

TEST(AdapterTest, ChangesNothingAtFirst) {
  auto loaded = golden_model();
  const double before = golden_loss(loaded);

  model::add_adapter(loaded.model, {});

  EXPECT_EQ(golden_loss(loaded), before);
}

TEST(AdapterTest, RefusesATargetWithoutALayer) {
  auto loaded = tests::make_tiny_model();
  model::AdapterConfig config;
  config.targets = {"*.query"};

  EXPECT_THAT(
      [&] { model::add_adapter(loaded.model, config); },
      ThrowsMessage<InputError>(HasSubstr("no linear layer matches")));
}

TEST(AdapterTest, RefusesUnsupportedKinds) {
  const tests::TemporaryFolder folder;
  auto loaded = tests::make_tiny_model();
  for (const auto& [field, value] :
       {std::pair<std::string, Json>{"use_dora", true},
        {"peft_type", "IA3"},
        {"bias", "all"},
        {"modules_to_save", Json::array({"lm_head"})},
        {"alpha_pattern", Json{{"q_proj", 4}}}}) {
    write_altered_adapter(folder.path(), field, value);

    EXPECT_THAT(
        [&] { model::load_adapter(loaded.model, folder.path()); },
        ThrowsMessage<InputError>(HasSubstr(field)));
  }
}

TEST(AdapterTest, RefusesARankThatDiffersFromItsTensors) {
  const tests::TemporaryFolder folder;
  write_altered_adapter(folder.path(), "r", 5);
  auto loaded = golden_model();

  EXPECT_THAT(
      [&] { model::load_adapter(loaded.model, folder.path()); },
      ThrowsMessage<InputError>(HasSubstr("expected lora_A of (5, 32)")));
}

TEST(AdapterTest, RefusesTheAdapterOfAnotherModel) {
  auto loaded = tests::make_tiny_model();

  EXPECT_THAT(
      [&] {
        model::load_adapter(loaded.model, tests::data_path("adapter/lora"));
      },
      ThrowsMessage<InputError>(HasSubstr("base_model.model.model.layers")));
}

TEST(AdapterTest, RefusesQuantizedWeights) {
  auto loaded = golden_model();
  model::quantize_linear_layers(loaded.model, model::int8_quantization());
  model::load_adapter(loaded.model, tests::data_path("adapter/lora"));

  EXPECT_THAT(
      [&] { model::merge_adapter(loaded.model); },
      ThrowsMessage<InputError>(HasSubstr("the weight is int8 or int4")));
}

} // namespace
} // namespace microfiche::training
