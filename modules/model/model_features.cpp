#include "model/model_features.h"

#include "core/error.h"
#include "model/config_field.h"

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

namespace microfiche::model {
namespace {

/// A field, and the only value that we compute.
struct Feature {
  const char* field;
  Json supported;
};

void check_features_of(
    const Json& object,
    std::span<const Feature> features,
    const std::string& where) {
  for (const auto& [field, supported] : features) {
    const Json value = value_of(object, field);
    check(
        value.is_null() || value == supported,
        where,
        ": ",
        field,
        ": only ",
        supported.dump(),
        " is supported, got ",
        value.dump());
  }
}

/// The fields of the decoder. Those of latent attention and of grouped routing
/// have no effect with these values.
std::span<const Feature> decoder_features() {
  static const std::vector<Feature> features = {
      {"use_mla", false},
      {"rope_scaling", nullptr},
      {"partial_rotary_factor", 1.0},
      {"rope_interleave", false},
      {"topk_method", "greedy"},
      {"moe_layer_freq", 1},
      {"mlp_layer_types", nullptr},
      {"hidden_act", "silu"},
      {"attention_bias", false},
      {"mlp_bias", false},
      {"use_qk_norm", false},
      {"attn_logit_softcapping", nullptr},
      {"final_logit_softcapping", nullptr},
      {"use_sliding_window", false},
      {"tie_word_embeddings", false},
      {"lm_head", true},
      {"rm_head", false}};
  return features;
}

/// Fields with more than one value that we compute.
void check_decoder(const Json& object, const std::string& where) {
  check_features_of(object, decoder_features(), where);
  const Json types = value_of(object, "layer_types");
  const bool full = types.is_null() ||
      (types.is_array() &&
       std::all_of(types.begin(), types.end(), [](const Json& type) {
         return type == "full_attention";
       }));
  check(
      full,
      where,
      ": layer_types: only \"full_attention\" is supported, got ",
      types.dump());
  // Newer configs write 0 where latent attention is off.
  const Json head_dim = value_of(object, "head_dim");
  const Json width = value_of(object, "hidden_size");
  const Json heads = value_of(object, "num_attention_heads");
  if (head_dim.is_null() || head_dim == 0 || !width.is_number_integer() ||
      !heads.is_number_integer() || heads == 0) {
    return;
  }
  const int64_t quotient = width.get<int64_t>() / heads.get<int64_t>();
  check(
      head_dim == quotient,
      where,
      ": head_dim: only hidden_size / num_attention_heads (",
      quotient,
      ") is supported, got ",
      head_dim.dump());
}

} // namespace

void check_features(const Json& config, const std::string& where) {
  static const std::vector<Feature> layout_features = {
      {"tile_tag", "2D"}, {"global_view_pos", "head"}};
  static const std::vector<Feature> projector_features = {
      {"token_pooling", false}, {"conv_fusion_high_low_features", false}};
  static const std::vector<Json> decoder_types = {
      nullptr, "deepseek_v2", "DeepseekOCR", "deepseek_vl_v2"};
  static const std::vector<Json> decoder_classes = {
      nullptr,
      Json::array({"DeepseekV2ForCausalLM"}),
      Json::array({"DeepseekOCRForCausalLM"})};

  check_features_of(config, layout_features, where);
  check_features_of(
      value_of(config, "projector_config"),
      projector_features,
      where + ": projector_config");
  check_decoder(config, where);
  const Json language = value_of(config, "language_config");
  const std::string inner = where + ": language_config";
  check_decoder(language, inner);
  const auto check_one_of = [&](const char* field,
                                const std::vector<Json>& supported) {
    const Json value = value_of(language, field);
    check(
        std::find(supported.begin(), supported.end(), value) != supported.end(),
        inner,
        ": ",
        field,
        ": only ",
        supported[1].dump(),
        " is supported, got ",
        value.dump());
  };
  check_one_of("model_type", decoder_types);
  check_one_of("architectures", decoder_classes);
}

} // namespace microfiche::model
