#include "model/model_family.h"

#include "model/optical_model.h"
#include "tests/model/configs.h"

#include <tuple>

namespace microfiche::model {
namespace {

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

TEST(ModelFamilyTest, UnlimitedOcrForgetsItsOwnOutput) {
  const auto config = read_model_config(unlimited_config(), "config.json");

  EXPECT_EQ(config.family().name, "Unlimited-OCR");
  EXPECT_EQ(config.language.sliding_window_size, 8);
  EXPECT_EQ(config.language.max_position_embeddings, 32768);
  EXPECT_EQ(config.toolkit.default_prompt, "<image>document parsing.");
  EXPECT_EQ(find_mode(config, "gundam").max_tiles, 32);
  EXPECT_EQ(optical_model_options(config).decoder().window(), 8);
}

// `model_type` is the same as DeepSeek-OCR's, so one of the other three fields
// must be enough.
TEST(ModelFamilyTest, EachOfFourFieldsNamesDeepSeekOcr2) {
  const Json published = published_v2_config();
  const auto with = [](const std::string& field, const Json& value) {
    return Json{{field, value}};
  };
  for (const Json& config :
       {with("architectures", published["architectures"]),
        with("model_type", "deepseek_ocr2"),
        with("vision_config", {{"model_name", "deepencoderv2"}}),
        with(
            "vision_config",
            {{"width", published["vision_config"]["width"]}})}) {
    EXPECT_EQ(find_family(config, "config.json").name, "DeepSeek-OCR 2")
        << config;
  }
}

TEST(ModelFamilyTest, RefusesFieldsOfDeepSeekOcrForDeepSeekOcr2) {
  Json named = published_v2_config();
  named["vision_config"]["model_name"] = "deeplip_b_l";
  expect_not_run(
      named,
      R"(vision_config.model_name: expected "deepencoderv2" for )"
      R"(DeepSeek-OCR 2, got "deeplip_b_l")");
  Json towers = published_v2_config();
  towers["vision_config"]["width"]["clip-l-14-224"] = {{"width", 1024}};
  expect_not_run(
      towers,
      R"(vision_config.width.clip-l-14-224: expected only sam_vit_b and )"
      R"(qwen2-0-5b for DeepSeek-OCR 2, got {"width":1024})");
}

TEST(ModelFamilyTest, DeepSeekOcr2HasItsOwnModesAndNoOthers) {
  const auto config = read_model_config(published_v2_config(), "config.json");

  EXPECT_EQ(config.toolkit.default_mode, "dynamic");
  for (const auto& [name, side, fit] :
       {std::tuple("dynamic", 1024, page::Fit::kPad),
        std::tuple("base", 1024, page::Fit::kPad),
        std::tuple("768", 768, page::Fit::kStretch)}) {
    const auto mode = find_mode(config, name);
    EXPECT_EQ(mode.base_size_px, side);
    EXPECT_EQ(mode.fit, fit);
    EXPECT_FALSE(mode.layout.has_rows);
  }
  EXPECT_EQ(find_mode(config, "dynamic").tile_size_px, 768);
  EXPECT_EQ(find_mode(config, "dynamic").max_tiles, 6);
  EXPECT_THAT(
      [&] { find_mode(config, "gundam"); },
      ::testing::ThrowsMessage<UsageError>(
          ::testing::HasSubstr("expected one of dynamic, base, 768")));
}

} // namespace
} // namespace microfiche::model
