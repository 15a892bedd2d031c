#include "core/error.h"
#include "encoder/clip_vit.h"
#include "model/second_stage_format.h"
#include "model/size_checks.h"

namespace microfiche::model {
namespace {

void read_clip(
    const Json& sizes,
    ModelConfig& config,
    const std::string& where) {
  ConfigReader reader(sizes, where);
  visit_fields(reader, config.clip);
}

Json write_clip(const ModelConfig& config) {
  return write_config(config.clip);
}

void check_clip(const ModelConfig& config, const std::string& where) {
  const auto& clip = config.clip;
  check_heads(clip.width, clip.heads, "width", "heads", where);
  check_size(clip.layers, 1, "layers", where, kMaxLayers);
  check_size(clip.patch_size, 1, "patch_size", where);
  check_size(clip.image_size, clip.patch_size, "image_size", where);
  check(
      clip.width == config.sam.downsample_channels.back(),
      where,
      ": width must equal the last of ",
      kSamName,
      ".downsample_channels (",
      config.sam.downsample_channels.back(),
      "), whose map is this tower's input, got ",
      clip.width);
}

/// The position table is resampled for any side.
void check_clip_view(const ModelConfig&, int64_t, const std::string&) {}

int64_t clip_squares_per_token(const ModelConfig&) {
  return 1;
}

int64_t clip_feature_width(const ModelConfig& config) {
  return config.clip.width + config.sam.downsample_channels.back();
}

void add_clip(SpecList& list, const ModelConfig& config) {
  const auto& clip = config.clip;
  const std::string prefix = "model.vision_model.";
  const int64_t positions =
      config.clip_table_side() * config.clip_table_side() + 1;
  const int64_t inner = clip.width * config.toolkit.clip_mlp_ratio;
  list.add(prefix + "embeddings.class_embedding", {clip.width});
  list.add(
      prefix + "embeddings.patch_embedding.weight",
      {clip.width, 3, clip.patch_size, clip.patch_size});
  list.specs.back().optional = true;
  list.add(
      prefix + "embeddings.position_embedding.weight", {positions, clip.width});
  list.add_norm(prefix + "pre_layrnorm", clip.width);
  for (int64_t i = 0; i < clip.layers; ++i) {
    const std::string layer =
        prefix + "transformer.layers." + std::to_string(i) + ".";
    list.add_norm(layer + "layer_norm1", clip.width);
    list.add_linear(layer + "self_attn.qkv_proj", 3 * clip.width, clip.width);
    list.add_linear(layer + "self_attn.out_proj", clip.width, clip.width);
    list.add_norm(layer + "layer_norm2", clip.width);
    list.add_linear(layer + "mlp.fc1", inner, clip.width);
    list.add_linear(layer + "mlp.fc2", clip.width, inner);
  }
}

encoder::SecondStageFactory make_clip(const ModelConfig& config) {
  return encoder::stage_factory<encoder::ClipVitImpl>(
      encoder::ClipVitOptions()
          .width(config.clip.width)
          .layers(config.clip.layers)
          .heads(config.clip.heads)
          .mlp_ratio(config.toolkit.clip_mlp_ratio)
          .table_side(config.clip_table_side()));
}

} // namespace

const SecondStageFormat& clip_format() {
  static const SecondStageFormat format = {
      .name = kClipName,
      .read = read_clip,
      .write = write_clip,
      .check = check_clip,
      .check_view = check_clip_view,
      .squares_per_token = clip_squares_per_token,
      .feature_width = clip_feature_width,
      .add_tensors = add_clip,
      .make = make_clip};
  return format;
}

} // namespace microfiche::model
