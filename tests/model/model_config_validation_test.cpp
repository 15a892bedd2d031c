#include "model/model_config_validation.h"

#include "core/error.h"
#include "tests/model/configs.h"
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

/// Expects an error for the parity config with one field changed.
void expect_invalid(const std::string& assignment, const std::string& words) {
  Json json = read_json_file(tests::parity_model() / "config.json");
  apply_override(json, assignment);
  EXPECT_THAT(
      [&] { read_model_config(json, "config.json"); },
      ThrowsMessage<InputError>(
          AllOf(HasSubstr("config.json: "), HasSubstr(words))));
}

TEST(ModelConfigValidationTest, RefusesImpossibleSizes) {
  expect_invalid("language_config.hidden_size=0", "hidden_size");
  expect_invalid("language_config.num_hidden_layers=-1", "num_hidden_layers");
  expect_invalid("language_config.vocab_size=99999999999", "vocab_size");
  expect_invalid(
      "language_config.num_attention_heads=5",
      "hidden_size must be a multiple of num_attention_heads (5), got 64");
  expect_invalid("language_config.num_experts_per_tok=9", "n_routed_experts");
  expect_invalid("vision_config.image_size=1000", "multiple of the patch (16)");
  expect_invalid(
      "vision_config.width.sam_vit_b.global_attn_indexes=[4]",
      "global_attn_indexes must be from 0 to 3, got 4");
}

TEST(ModelConfigValidationTest, RefusesInconsistentWidths) {
  expect_invalid("projector_config.input_dim=190", "input_dim must be 192");
  expect_invalid("projector_config.n_embed=65", "n_embed must be 64");
  expect_invalid(
      "vision_config.width.clip-l-14-224.width=100",
      "sam_vit_b.downsample_channels (96)");
}

TEST(ModelConfigValidationTest, RefusesAModeThatIsNotAMultipleOfATokenSide) {
  expect_invalid(
      R"(microfiche.modes=[{"name":"mine","base_size_px":100}])",
      "mode \"mine\": its views must be multiples of 64 px");
}

TEST(ModelConfigValidationTest, RefusesSizesThatTheCausalFlowCannotHave) {
  const std::string width = "vision_config.width.qwen2-0-5b.";
  for (const auto& [assignment, words] :
       std::vector<std::pair<std::string, std::string>>{
           {width + "dim=895", "dim must be a multiple of heads (14), got 895"},
           {width + "dim=910", "dim / heads must be even for rotary"},
           {width + "dim=-1", "dim must be from 1"},
           {width + "dim=4611686018427387904", "dim must be from 1"},
           {"microfiche.sam_patch_size=0", "sam_patch_size must be from 1"},
           {width + "kv_heads=4", "kv_heads must divide heads (14), got 4"},
           {width + "rope_theta=10000",
            "rope_theta: the causal flow is computed with 1000000.0 only, got "
            "10000"},
           {width + "hidden_act=gelu", "with \"silu\" only, got \"gelu\""},
           {width + "layers=2000", "layers must be from 1 to 1024, got 2000"},
           {width + "intermediate_size=0", "intermediate_size must be from 1"},
           {width + "squares_per_query=0", "squares_per_query must be from 1"},
           {width + "squares_per_query=32",
            "squares_per_query: must divide the 144 squares of a view of 768 "
            "px, got 32"},
           {width + "view_sides_px=[]", "expected at least one side"},
           {width + "view_sides_px=[768,700]", "of 64 px up to 4096, got 700"},
           {width + "view_sides_px=[768,768]", "of 64 px up to 4096, got 768"},
           {"projector_config.input_dim=1792", "input_dim must be 896"},
           {R"(microfiche.modes=[{"name":"mine","base_size_px":640}])",
            "mode \"mine\": the model has learned queries for views of 768 or "
            "1024 px, got 640 px"},
           {"microfiche.default_mode=gundam", "default_mode"}}) {
    Json json = published_v2_config();
    apply_override(json, assignment);
    expect_not_run(json, words);
  }
}

TEST(ModelConfigValidationTest, RefusesADefaultModeThatDoesNotExist) {
  expect_invalid("microfiche.default_mode=huge", "default_mode");
}

TEST(ModelConfigValidationTest, RefusesTooManyModules) {
  expect_invalid(
      "language_config.num_hidden_layers=16777216",
      "num_hidden_layers must be from 1 to 1024");
  expect_invalid(
      "language_config.n_routed_experts=16777216", "n_routed_experts");
  expect_invalid(
      "vision_config.width.sam_vit_b.layers=16777216",
      "sam_vit_b: layers must be from 1 to 1024");
  expect_invalid(
      "vision_config.width.clip-l-14-224.layers=16777216",
      "clip-l-14-224: layers must be from 1 to 1024");
}

} // namespace
} // namespace microfiche::model
