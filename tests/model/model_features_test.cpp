#include "model/model_features.h"

#include "tests/model/configs.h"

#include <utility>

namespace microfiche::model {
namespace {

TEST(ModelFeaturesTest, RefusesEveryFieldOfTheDecoderThatWeDoNotCompute) {
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

TEST(ModelFeaturesTest, RefusesFieldsOfOtherLayouts) {
  expect_not_run(
      config_with({"tile_tag=1D"}),
      R"(tile_tag: only "2D" is supported, got "1D")");
  expect_not_run(
      config_with({"global_view_pos=tail"}),
      R"(global_view_pos: only "head" is supported, got "tail")");
  expect_not_run(
      config_with({"projector_config.token_pooling=true"}),
      "projector_config: token_pooling: only false is supported, got true");
  expect_not_run(
      config_with({"projector_config.conv_fusion_high_low_features=true"}),
      "conv_fusion_high_low_features: only false is supported, got true");
}

TEST(ModelFeaturesTest, RefusesHeadsOfAnotherWidth) {
  expect_not_run(
      config_with({"language_config.head_dim=32"}),
      "language_config: head_dim: only hidden_size / num_attention_heads (16) "
      "is supported, got 32");
  EXPECT_NO_THROW(read_model_config(
      config_with({"language_config.head_dim=16", "head_dim=0"}),
      "config.json"));
}

TEST(ModelFeaturesTest, RefusesADecoderOfAnotherFamily) {
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

TEST(ModelFeaturesTest, AllowsFieldsThatAskForNothing) {
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
