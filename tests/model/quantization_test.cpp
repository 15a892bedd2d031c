#include "model/quantization.h"

#include "core/error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

namespace microfiche::model {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

/// As llm-compressor writes it.
Json foreign_config() {
  return parse_json(
      R"({
        "config_groups": {
          "group_0": {
            "input_activations": null,
            "output_activations": null,
            "targets": ["Linear"],
            "weights": {
              "actorder": null, "block_structure": null, "dynamic": false,
              "group_size": 128, "num_bits": 4, "observer": "minmax",
              "observer_kwargs": {}, "strategy": "group", "symmetric": false,
              "type": "int"
            }
          }
        },
        "format": "pack-quantized",
        "global_compression_ratio": null,
        "ignore": ["lm_head", "re:model\\.sam_model\\..*"],
        "kv_cache_scheme": null,
        "quant_method": "compressed-tensors",
        "quantization_status": "compressed",
        "sparsity_config": {},
        "transform_config": {},
        "version": "0.20.1"
      })",
      "test");
}

TEST(QuantizationTest, ReadsWhatOtherToolsWrite) {
  const auto quantization = read_quantization(foreign_config(), "config.json");

  const auto format = quantization.of("model.layers.3.self_attn.q_proj");
  EXPECT_EQ(format.format, WeightFormat::kInt4);
  EXPECT_EQ(format.group_size, 128);
  EXPECT_TRUE(format.zero_points);
  EXPECT_EQ(quantization.of("lm_head").format, WeightFormat::kFloat);
  EXPECT_EQ(
      quantization.of("model.sam_model.blocks.0.attn.qkv").format,
      WeightFormat::kFloat);
  EXPECT_EQ(quantization.format(), WeightFormat::kInt4);
}

TEST(QuantizationTest, NamesGoBeforeExpressionsAndTheseBeforeLinear) {
  auto json = foreign_config();
  json["format"] = "mixed-precision";
  json["ignore"] = Json::array();
  auto& groups = json["config_groups"];
  groups["group_0"]["format"] = "pack-quantized";
  groups["group_1"] = {
      {"targets", {"re:model\\.layers\\.1\\."}},
      {"format", "naive-quantized"},
      {"weights",
       {{"num_bits", 8},
        {"type", "int"},
        {"symmetric", true},
        {"strategy", "channel"}}}};
  groups["group_2"] = groups["group_0"];
  groups["group_2"]["targets"] = {"model.layers.1.mlp.up_proj"};
  groups["group_2"]["weights"]["group_size"] = 32;

  const auto quantization = read_quantization(json, "config.json");

  EXPECT_EQ(
      quantization.of("model.layers.1.mlp.down_proj").format,
      WeightFormat::kInt8);
  EXPECT_EQ(quantization.of("model.layers.1.mlp.up_proj").group_size, 32);
  EXPECT_EQ(quantization.of("model.layers.11.mlp.up_proj").group_size, 128);
}

TEST(QuantizationTest, WhatItWritesItReads) {
  auto json = foreign_config();
  json["config_groups"]["group_0"]["weights"]["group_size"] = 64;
  const auto quantization = read_quantization(json, "config.json");

  const auto written = write_quantization(quantization);

  EXPECT_EQ(written["format"], "pack-quantized");
  EXPECT_EQ(written["ignore"], json["ignore"]);
  EXPECT_EQ(
      write_quantization(read_quantization(written, "config.json")), written);
  EXPECT_TRUE(write_quantization(Quantization()).is_null());
}

struct Refusal {
  std::function<void(Json&)> edit;
  const char* words;
};

TEST(QuantizationTest, OtherQuantizationsAreRefusedByField) {
  const auto weights = [](Json& json) -> Json& {
    return json["config_groups"]["group_0"]["weights"];
  };
  const Refusal refusals[] = {
      {[](Json& json) { json["quant_method"] = "gptq"; },
       "config.json: quant_method: expected \"compressed-tensors\""},
      {[](Json& json) { json["format"] = "marlin-24"; },
       "format: expected \"pack-quantized\" for int4, got \"marlin-24\""},
      {[](Json& json) { json["quantization_status"] = "frozen"; },
       "quantization_status"},
      {[](Json& json) {
         json["transform_config"] = {{"rotation", 1}};
       },
       "transform_config: not supported"},
      {[](Json& json) { json["config_groups"] = Json::object(); },
       "config_groups: expected at least one"},
      {[](Json& json) { json["ignore"] = {"re:("}; },
       "ignore: \"re:(\": invalid expression"},
      {[](Json& json) {
         json["config_groups"]["group_0"]["input_activations"] = {
             {"num_bits", 8}};
       },
       "group_0: input_activations: not supported"},
      {[&](Json& json) { weights(json)["num_bits"] = 3; },
       "weights: num_bits: expected 4 or 8, got 3"},
      {[&](Json& json) { weights(json)["group_size"] = 48; },
       "weights: group_size: expected 32, 64 or 128, got 48"},
      {[&](Json& json) { weights(json)["strategy"] = "channel"; },
       "weights: strategy: expected \"group\", got \"channel\""},
      {[&](Json& json) { weights(json)["type"] = "float"; },
       "weights: type: expected \"int\""},
      {[&](Json& json) { weights(json)["actorder"] = "group"; },
       "weights: actorder: columns in another order (weight_g_idx)"},
      {[&](Json& json) { weights(json)["dynamic"] = true; },
       "weights: dynamic: not supported"}};
  for (const auto& [edit, words] : refusals) {
    auto json = foreign_config();
    edit(json);
    EXPECT_THAT(
        [&] { read_quantization(json, "config.json"); },
        ThrowsMessage<InputError>(HasSubstr(words)));
  }
}

} // namespace
} // namespace microfiche::model
