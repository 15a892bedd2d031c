#include "model/model_config.h"

#include "core/error.h"
#include "model/model_family.h"
#include "tests/model/configs.h"
#include "tests/support/folders.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace microfiche::model {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

Json parity_json() {
  return read_json_file(tests::parity_model() / "config.json");
}

/// The parity config with one field set.
Json with(const std::string& assignment) {
  Json json = parity_json();
  apply_override(json, assignment);
  return json;
}

void expect_refused(const std::string& assignment, const std::string& words) {
  EXPECT_THAT(
      [&] { read_model_config(with(assignment), "config.json"); },
      ThrowsMessage<InputError>(
          AllOf(HasSubstr("config.json: "), HasSubstr(words))));
}

TEST(ModelConfigTest, ReadsTheSizesOfTheOfficialLayout) {
  const auto config = read_model_config(parity_json(), "config.json");

  EXPECT_EQ(config.sam.width, 48);
  EXPECT_THAT(config.sam.downsample_channels, ElementsAre(64, 96));
  EXPECT_THAT(config.sam.global_attn_indexes, ElementsAre(1, 3));
  EXPECT_EQ(config.clip.layers, 3);
  EXPECT_EQ(config.projector.input_dim, 192);
  EXPECT_EQ(config.language.vocab_size, 640);
  EXPECT_EQ(config.language.num_experts_per_tok, 3);
}

// The file states 1024 as the last of downsample_channels, and the flow's width
// alone.
TEST(ModelConfigTest, ReadsThePublishedConfigOfDeepSeekOcr2) {
  const auto config = read_model_config(published_v2_config(), "config.json");

  EXPECT_THAT(config.sam.downsample_channels, ElementsAre(512, 896));
  EXPECT_EQ(config.flow.dim, 896);
  EXPECT_EQ(config.flow.layers, 24);
  EXPECT_EQ(config.flow.heads, 14);
  EXPECT_EQ(config.flow.kv_heads, 2);
  EXPECT_EQ(config.flow.intermediate_size, 4864);
  EXPECT_THAT(config.flow.view_sides_px, ElementsAre(768, 1024));
  EXPECT_EQ(config.projector.input_dim, 896);
  EXPECT_EQ(config.pixels_per_token(), 64);
}

TEST(ModelConfigTest, AWrittenConfigOfDeepSeekOcr2ReadsAsTheSame) {
  const auto config =
      load_model_config(tests::data_path("parity_v2/model/config.json"));

  const Json written = write_model_config(config);
  const auto again = read_model_config(written, "config.json");

  EXPECT_EQ(again.family().name, "DeepSeek-OCR 2");
  EXPECT_FALSE(written["vision_config"]["width"].contains("clip-l-14-224"));
  EXPECT_EQ(again.flow.layers, 3);
  EXPECT_EQ(write_model_config(again), written);
}

TEST(ModelConfigTest, UsesClassDefaultsForAbsentFields) {
  const auto config = read_model_config(parity_json(), "config.json");

  EXPECT_FALSE(config.language.norm_topk_prob);
  EXPECT_EQ(config.language.scoring_func, "softmax");
  EXPECT_EQ(config.language.rope_theta, 10000.0);
  EXPECT_EQ(config.language.rms_norm_eps, 1e-6);
  EXPECT_EQ(config.language.routed_scaling_factor, 1.0);
}

TEST(ModelConfigTest, VisionTokensCoverSixtyFourPixelsAsPublished) {
  const ModelConfig config;

  EXPECT_EQ(config.pixels_per_token(), 64);
  EXPECT_EQ(config.clip_table_side(), 16);
}

TEST(ModelConfigTest, ReadsTheDecoderFromTheTopLevelAlone) {
  Json json = parity_json();
  const Json language = json["language_config"];
  json.erase("language_config");
  json.update(language);
  json["model_type"] = "deepseek_vl_v2";
  json["architectures"] = {"DeepseekOCRForCausalLM"};

  const auto config = read_model_config(json, "config.json");

  EXPECT_EQ(config.language.moe_intermediate_size, 48);
}

TEST(ModelConfigTest, WritesBackFieldsThatItDoesNotUse) {
  const auto written =
      write_model_config(read_model_config(parity_json(), "config.json"));

  EXPECT_EQ(written["tile_tag"], "2D");
  EXPECT_EQ(written["vision_config"]["mlp_ratio"], 3.7362);
  EXPECT_EQ(written["language_config"]["q_lora_rank"], nullptr);
}

TEST(ModelConfigTest, ReadsWhatItWrote) {
  auto config = read_model_config(parity_json(), "config.json");
  config.toolkit.qk_norm = true;
  config.toolkit.modes.push_back({.name = "mine", .base_size_px = 128});
  config.language.rope_theta = 300;

  const auto again =
      read_model_config(write_model_config(config), "config.json");

  EXPECT_EQ(write_model_config(again), write_model_config(config));
  EXPECT_TRUE(again.toolkit.qk_norm);
  EXPECT_EQ(again.toolkit.modes.at(0).name, "mine");
  EXPECT_EQ(again.language.rope_theta, 300);
}

TEST(ModelConfigTest, APublishedModelGetsNoObjectOfOurs) {
  const auto written =
      write_model_config(read_model_config(parity_json(), "config.json"));

  EXPECT_FALSE(written.contains("microfiche"));
}

TEST(ModelConfigTest, RefusesUnknownFieldsOfOurOwnObject) {
  expect_refused(
      "microfiche.qk_nrom=true",
      "no field named \"qk_nrom\"; did you mean \"qk_norm\"?");
}

TEST(ModelConfigTest, AllowsUnknownFieldsElsewhere) {
  EXPECT_NO_THROW(
      read_model_config(with("language_config.transformers=4"), "config.json"));
}

TEST(ModelConfigTest, RefusesOtherArchitectures) {
  expect_refused(
      "language_config.use_mla=true", "use_mla: only false is supported");
  expect_refused(
      "language_config.scoring_func=sigmoid",
      "scoring_func: only \"softmax\" is supported, got \"sigmoid\"");
  expect_refused("language_config.rope_scaling={}", "rope_scaling");
  expect_refused("language_config.topk_method=noaux_tc", "topk_method");
  expect_refused("use_mla=true", "use_mla");
  expect_refused("projector_config.projector_type=mlp", "projector_type");
}

TEST(ModelConfigTest, RefusesValuesOfTheWrongType) {
  expect_refused(
      "language_config.vocab_size=many", "vocab_size: expected a whole number");
  expect_refused("vision_config=7", "vision_config: expected an object");
}

TEST(ModelConfigTest, RefusesATopLevelThatContradictsTheLanguageConfig) {
  expect_refused(
      "hidden_size=128", "hidden_size is 128 but language_config.hidden_size");
}

TEST(ModelConfigTest, RopeParametersHoldRopeTheta) {
  const std::string field = "language_config.rope_parameters=";

  const auto nested = read_model_config(
      with(field + R"({"rope_type":"default","rope_theta":500000})"), "c");
  EXPECT_EQ(nested.language.rope_theta, 500000);
  EXPECT_FALSE(write_model_config(nested)["language_config"].contains(
      "rope_parameters"));

  const auto top = read_model_config(
      with(R"(rope_parameters={"type":"default","rope_theta":20000})"), "c");
  EXPECT_EQ(top.language.rope_theta, 20000);
}

TEST(ModelConfigTest, RefusesOtherRopeParameters) {
  expect_refused(
      R"(language_config.rope_parameters={"rope_type":"yarn","factor":4})",
      "rope_parameters.rope_type: only rope_type \"default\" is supported, got "
      "\"yarn\"");
  expect_refused(
      R"(rope_parameters={"full_attention":{"rope_theta":1}})",
      "rope_parameters.full_attention");
  expect_refused(
      R"(language_config={"rope_theta":1,"rope_parameters":{"rope_theta":2}})",
      "rope_parameters.rope_theta is 2 but rope_theta is 1");
}

TEST(ModelConfigTest, ReadsTheNewerNameOfTorchDtype) {
  Json json = parity_json();
  json.erase("torch_dtype");
  json["language_config"].erase("torch_dtype");
  EXPECT_EQ(read_model_config(json, "config.json").dtype(), "");

  json["dtype"] = "bfloat16";
  EXPECT_EQ(read_model_config(json, "config.json").dtype(), "bfloat16");

  json["torch_dtype"] = "float32";
  EXPECT_THAT(
      [&] { read_model_config(json, "config.json"); },
      ThrowsMessage<InputError>(
          HasSubstr("dtype is \"bfloat16\" but torch_dtype is \"float32\"")));
}

TEST(ModelConfigTest, TakesTheDtypeOfTheLanguageConfigIfThereIsNoOther) {
  for (const char* field : {"dtype", "torch_dtype"}) {
    Json json = parity_json();
    json.erase("torch_dtype");
    json["language_config"].erase("torch_dtype");
    json["language_config"][field] = "bfloat16";
    EXPECT_EQ(read_model_config(json, "config.json").dtype(), "bfloat16");

    json["torch_dtype"] = "float32";
    EXPECT_EQ(read_model_config(json, "config.json").dtype(), "float32");
  }
}

TEST(ModelConfigTest, RefusesAnUnknownDtype) {
  expect_refused(
      R"(torch_dtype="float8")",
      "torch_dtype: expected \"float32\", \"bfloat16\" or \"float16\", got "
      "\"float8\"");
  expect_refused(
      "language_config.dtype=16", "language_config: dtype: expected");
}

TEST(ModelConfigTest, NamesTheFieldThatTextConfigReplaces) {
  for (const auto& folder : {tests::parity_model(), tests::nano_model()}) {
    Json json = read_json_file(folder / "config.json");
    json["text_config"] = json["language_config"];
    EXPECT_NO_THROW(read_model_config(json, "config.json"));

    json.erase("language_config");
    EXPECT_THAT(
        [&] { read_model_config(json, "config.json"); },
        ThrowsMessage<InputError>(
            HasSubstr("config.json: text_config: expected language_config")));
  }
}

TEST(ModelConfigTest, FindsItsOwnModesAndTheOfficialOnes) {
  const auto config = read_model_config(
      with(R"(microfiche.modes=[{"name":"mine","base_size_px":192}])"),
      "config.json");

  EXPECT_EQ(find_mode(config, "mine").base_size_px, 192);
  EXPECT_EQ(find_mode(config, "tiny").base_size_px, 512);
}

} // namespace
} // namespace microfiche::model
