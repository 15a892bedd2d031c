#include "model/int4_preset.h"

#include "core/error.h"
#include "model/checkpoint_names.h"
#include "model/memory_estimate.h"
#include "tests/support/tiny_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace microfiche::model {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

TEST(Int4PresetTest, LayersWithoutWholeGroupsAreInt8) {
  const auto config =
      read_model_config(tests::tiny_config(), "tiny config.json");

  const auto quantization = int4_quantization(config);

  // 32 inputs, and 16.
  EXPECT_EQ(
      quantization.of("model.layers.0.self_attn.q_proj").format,
      WeightFormat::kInt4);
  EXPECT_EQ(
      quantization.of("model.sam_model.blocks.0.attn.qkv").format,
      WeightFormat::kInt8);
}

TEST(Int4PresetTest, TheEncoderIsInt8UnlessAskedFor) {
  for (const bool encoder : {false, true}) {
    Int4Options options;
    options.encoder = encoder;

    const auto quantization = int4_quantization(ModelConfig(), options);

    for (const char* layer :
         {"model.sam_model.blocks.3.mlp.lin1",
          "model.vision_model.transformer.layers.2.self_attn.qkv_proj",
          "model.projector.layers"}) {
      EXPECT_EQ(
          quantization.of(layer).format,
          encoder ? WeightFormat::kInt4 : WeightFormat::kInt8)
          << layer;
    }
    EXPECT_EQ(quantization.of("lm_head").format, WeightFormat::kInt4);
  }
}

TEST(Int4PresetTest, PatternsSelectLayersForInt8AndFloat) {
  Int4Options options;
  options.int8_layers = {"lm_head", "model.layers.1*.self_attn.*"};
  options.float_layers = {"*.shared_experts.down_proj"};

  const auto quantization = int4_quantization(ModelConfig(), options);

  const auto format_of = [&](const char* layer) {
    return quantization.of(layer).format;
  };
  EXPECT_EQ(format_of("lm_head"), WeightFormat::kInt8);
  EXPECT_EQ(format_of("model.layers.10.self_attn.q_proj"), WeightFormat::kInt8);
  EXPECT_EQ(format_of("model.layers.2.self_attn.q_proj"), WeightFormat::kInt4);
  EXPECT_EQ(
      format_of("model.layers.2.mlp.shared_experts.down_proj"),
      WeightFormat::kFloat);
}

TEST(Int4PresetTest, RefusesOtherGroupsAndUnknownLayers) {
  Int4Options options;
  options.group_size = 16;
  EXPECT_THAT(
      [&] { int4_quantization(ModelConfig(), options); },
      ThrowsMessage<UsageError>(HasSubstr("expected 32, 64 or 128")));
  options.group_size = 32;
  options.float_layers = {"decoder.*"};
  EXPECT_THAT(
      [&] { int4_quantization(ModelConfig(), options); },
      ThrowsMessage<UsageError>(
          HasSubstr("\"decoder.*\" matches no linear layer")));
}

TEST(Int4PresetTest, ThePublishedSizesTakeAThirdOfBfloat16) {
  const Placement placement{torch::kCPU, torch::kBFloat16, WeightFormat::kInt4};

  const int64_t bytes = weights_bytes(ModelConfig(), placement);

  // 3.34 billion parameters; the embedding of 165 million stays in bfloat16.
  EXPECT_GT(bytes, 3.17e9 / 2 + 0.33e9);
  EXPECT_LT(bytes, 2.4e9);
}

TEST(Int4PresetTest, TensorsOfAnInt4LayerHaveTheirNamesAndShapes) {
  ModelConfig config;
  Int4Options options;
  options.zero_points = true;
  config.source["quantization_config"] =
      write_quantization(int4_quantization(config, options));
  std::map<std::string, std::vector<int64_t>> shapes;
  for (const auto& spec : checkpoint_tensors(config)) {
    if (spec.layer == "model.layers.3.mlp.experts.5.down_proj") {
      shapes[spec.name.substr(spec.layer.size())] = spec.shape;
    }
  }

  // 896 inputs, 1,280 outputs.
  EXPECT_EQ(
      shapes,
      (std::map<std::string, std::vector<int64_t>>{
          {".weight_packed", {1280, 112}},
          {".weight_scale", {1280, 28}},
          {".weight_shape", {2}},
          {".weight_zero_point", {160, 28}}}));
}

} // namespace
} // namespace microfiche::model
