#include "model/model_family.h"

#include "core/config.h"
#include "core/error.h"
#include "model/model_config.h"
#include "model/optical_model.h"
#include "tests/support/folders.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace microfiche::model {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

Json parity_config() {
  return read_json_file(tests::parity_model() / "config.json");
}

/// The parity config with some fields set.
Json config_with(const std::vector<std::string>& assignments) {
  Json json = parity_config();
  for (const auto& assignment : assignments) {
    apply_override(json, assignment);
  }
  return json;
}

void expect_not_run(const Json& json, const std::string& words) {
  EXPECT_THAT(
      [&] { read_model_config(json, "config.json"); },
      ThrowsMessage<InputError>(
          AllOf(HasSubstr("config.json: "), HasSubstr(words))));
}

TEST(ModelFamilyTest, AFolderThatNamesNoFamilyIsDeepSeekOcr) {
  Json json = parity_config();
  json.erase("architectures");
  json.erase("model_type");

  EXPECT_EQ(find_family(json, "config.json").name, "DeepSeek-OCR");
}

TEST(ModelFamilyTest, TheNameThatTheModelsOwnClassesSaveIsKnown) {
  EXPECT_EQ(
      find_family(config_with({"model_type=DeepseekOCR"}), "config.json").name,
      "DeepSeek-OCR");
}

TEST(ModelFamilyTest, RefusesAnArchitectureThatItDoesNotKnow) {
  expect_not_run(
      config_with({R"(architectures=["DeepseekVLV2ForCausalLM"])"}),
      R"(got ["DeepseekVLV2ForCausalLM"])");
  expect_not_run(
      config_with({R"(architectures="DeepseekOCRForCausalLM")"}), "in a list");
}

TEST(ModelFamilyTest, RefusesAModelTypeThatItDoesNotKnow) {
  Json json = parity_config();
  json.erase("architectures");
  json["model_type"] = "unlimited-ocr-2";

  expect_not_run(json, R"(model_type: expected one of "deepseek_vl_v2")");
  expect_not_run(json, R"(got "unlimited-ocr-2")");
}

TEST(ModelFamilyTest, RefusesFieldsOfTwoFamilies) {
  expect_not_run(
      config_with({"model_type=unlimited-ocr"}),
      R"(model_type: expected "deepseek_vl_v2", "DeepseekOCR" for )"
      R"(DeepSeek-OCR, got "unlimited-ocr")");
  expect_not_run(
      config_with({"vision_config.model_name=deepencoderv2"}),
      R"(vision_config.model_name: expected "deeplip_b_l" for DeepSeek-OCR, )"
      R"(got "deepencoderv2")");
  expect_not_run(
      config_with({R"(vision_config.width.qwen2-0-5b={"dim":896})"}),
      R"(vision_config.width.qwen2-0-5b: expected only sam_vit_b and )"
      R"(clip-l-14-224 for DeepSeek-OCR, got {"dim":896})");
}

Json unlimited_config() {
  return read_json_file(tests::data_path("parity_unlimited/model/config.json"));
}

TEST(ModelFamilyTest, UnlimitedOcrForgetsItsOwnOutput) {
  const auto config = read_model_config(unlimited_config(), "config.json");

  EXPECT_EQ(config.family().name, "Unlimited-OCR");
  EXPECT_EQ(config.language.sliding_window_size, 8);
  EXPECT_EQ(config.language.max_position_embeddings, 32768);
  EXPECT_EQ(config.toolkit.default_prompt, "<image>document parsing.");
  EXPECT_EQ(find_mode(config, "gundam").max_tiles, 32);
  EXPECT_EQ(optical_model_options(config).decoder().window(), 8);
}

TEST(ModelFamilyTest, TheOlderNameOfTheWindowIsReadForUnlimitedOcr) {
  Json json = unlimited_config();
  json.erase("sliding_window_size");
  json["language_config"].erase("sliding_window_size");
  EXPECT_EQ(
      read_model_config(json, "config.json").language.sliding_window_size, 8);

  json.erase("sliding_window");
  expect_not_run(
      json, "language_config.sliding_window_size: expected a whole number");
}

TEST(ModelFamilyTest, TwoWindowsMustAgree) {
  Json json = unlimited_config();
  json["sliding_window"] = 128;

  expect_not_run(
      json, "sliding_window is 128 but config.json: sliding_window_size is 8");
}

TEST(ModelFamilyTest, AnyModelMayHaveAWindowOfItsOwnOutput) {
  auto config = read_model_config(
      config_with({"language_config.sliding_window_size=64"}), "config.json");
  EXPECT_EQ(config.language.sliding_window_size, 64);

  config.language.sliding_window_size = 32;
  const auto again =
      read_model_config(write_model_config(config), "config.json");

  EXPECT_EQ(again.language.sliding_window_size, 32);
  EXPECT_EQ(again.family().name, "DeepSeek-OCR");
}

TEST(ModelFamilyTest, RefusesAWindowThatIsNoPositiveNumber) {
  for (const std::string value : {"0", "-1", "\"8\"", "1.5"}) {
    expect_not_run(
        config_with({"sliding_window_size=" + value}),
        "sliding_window_size: expected a whole number from 1");
  }
}

TEST(ModelFamilyTest, RefusesAnOrdinarySlidingWindow) {
  expect_not_run(
      config_with({"language_config.sliding_window=128"}),
      "language_config: sliding_window: DeepSeek-OCR has no such window, got "
      "128");
}

// `model_type` is the same as DeepSeek-OCR's, so one of the other three fields
// must be enough.
TEST(ModelFamilyTest, RefusesDeepSeekOcr2ByName) {
  const std::string words =
      ": a model of the family DeepSeek-OCR 2, which we do not run: we lack its "
      "encoder's second stage, the causal flow";
  Json unnamed = parity_config();
  unnamed.erase("architectures");

  expect_not_run(
      config_with({R"(architectures=["DeepseekOCR2ForCausalLM"])"}),
      R"(config.json: architectures is ["DeepseekOCR2ForCausalLM"])" + words);
  Json named = unnamed;
  named["vision_config"]["model_name"] = "deepencoderv2";
  expect_not_run(
      named,
      R"(config.json: vision_config.model_name is "deepencoderv2")" + words);
  Json flow = unnamed;
  flow["vision_config"].erase("model_name");
  flow["vision_config"]["width"]["qwen2-0-5b"] = {{"dim", 896}};
  expect_not_run(
      flow, "config.json: vision_config.width has qwen2-0-5b" + words);
  Json typed = unnamed;
  typed["model_type"] = "deepseek_ocr2";
  expect_not_run(
      typed, R"(config.json: model_type is "deepseek_ocr2")" + words);
}

TEST(ModelFamilyTest, RefusesEveryFieldOfTheDecoderThatWeDoNotCompute) {
  const std::vector<std::pair<std::string, std::string>> refused = {
      {"use_mla", "true"},
      {"rope_scaling", R"({"factor":40})"},
      {"partial_rotary_factor", "0.5"},
      {"rope_interleave", "true"},
      {"topk_method", R"("noaux_tc")"},
      {"moe_layer_freq", "2"},
      {"mlp_layer_types", R"(["sparse"])"},
      {"hidden_act", R"("gelu")"},
      {"attention_bias", "true"},
      {"mlp_bias", "true"},
      {"use_qk_norm", "true"},
      {"attn_logit_softcapping", "50.0"},
      {"final_logit_softcapping", "30.0"},
      {"use_sliding_window", "true"},
      {"tie_word_embeddings", "true"},
      {"lm_head", "false"},
      {"rm_head", "true"},
      {"layer_types", R"(["sliding_attention"])"}};
  for (const auto& [field, value] : refused) {
    const std::string words = field + ": only ";
    const std::string got = " is supported, got " + value;
    for (const std::string place : {"", "language_config."}) {
      const Json json = config_with({place + field + "=" + value});
      expect_not_run(json, words);
      expect_not_run(json, got);
    }
  }
}

TEST(ModelFamilyTest, RefusesFieldsOfOtherLayouts) {
  expect_not_run(
      config_with({"tile_tag=1D"}),
      R"(tile_tag: only "2D" is supported, got "1D")");
  expect_not_run(
      config_with({"global_view_pos=tail"}),
      R"(global_view_pos: only "head" is supported, got "tail")");
  expect_not_run(
      config_with({"projector_config.token_pooling=true"}),
      "projector_config: token_pooling: only false is supported, got true");
}

TEST(ModelFamilyTest, RefusesHeadsOfAnotherWidth) {
  expect_not_run(
      config_with({"language_config.head_dim=32"}),
      "language_config: head_dim: only hidden_size / num_attention_heads (16) "
      "is supported, got 32");
  EXPECT_NO_THROW(read_model_config(
      config_with({"language_config.head_dim=16", "head_dim=0"}),
      "config.json"));
}

TEST(ModelFamilyTest, RefusesADecoderOfAnotherFamily) {
  expect_not_run(
      config_with({"language_config.model_type=deepseek_v3"}),
      R"(language_config: model_type: only "deepseek_v2" is supported, got )"
      R"("deepseek_v3")");
  expect_not_run(
      config_with(
          {R"(language_config.architectures=["DeepseekV3ForCausalLM"])"}),
      R"(language_config: architectures: only ["DeepseekV2ForCausalLM"] is )"
      R"(supported, got ["DeepseekV3ForCausalLM"])");
}

TEST(ModelFamilyTest, AllowsFieldsThatAskForNothing) {
  EXPECT_NO_THROW(read_model_config(
      config_with(
          {"sliding_window=null",
           "language_config.sliding_window_size=null",
           "language_config.rm_head=false",
           "language_config.lm_head=true",
           R"(layer_types=["full_attention"])"}),
      "config.json"));
}

} // namespace
} // namespace microfiche::model
