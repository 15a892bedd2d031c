#include "encoder/deep_encoder.h"

#include <utility>

// B = pages or tiles, S = their side in pixels, n = side of the compressor's
// map, q = vision tokens.

namespace microfiche::encoder {

int64_t DeepEncoderOptions::pixels_per_token() const {
  return sam().patch_size() << compressor().channels().size();
}

DeepEncoderImpl::DeepEncoderImpl(DeepEncoderOptions options_)
    : options(std::move(options_)) {
  reset();
}

void DeepEncoderImpl::reset() {
  sam = register_module("sam", SamVit(options.sam()));
  compressor =
      register_module("compressor", TokenCompressor(options.compressor()));
  second_stage = options.second_stage()();
  register_module(
      second_stage->stage_name(),
      std::dynamic_pointer_cast<torch::nn::Module>(second_stage));
  projector = register_module("projector", Projector(options.projector()));

  const int64_t compressed = options.compressor().channels().back();
  TORCH_CHECK_VALUE(
      options.sam().neck_channels() == options.compressor().in_channels(),
      "DeepEncoder: expected sam.neck_channels = compressor.in_channels = ",
      options.compressor().in_channels(),
      ", got ",
      options.sam().neck_channels());
  TORCH_CHECK_VALUE(
      compressed == second_stage->in_channels(),
      "DeepEncoder: expected the second stage to take the compressor's last "
      "channels, ",
      compressed,
      ", got a stage that takes ",
      second_stage->in_channels());
  TORCH_CHECK_VALUE(
      options.projector().in_width() == second_stage->feature_width(),
      "DeepEncoder: expected projector.in_width to be the width of the second "
      "stage's features, ",
      second_stage->feature_width(),
      ", got ",
      options.projector().in_width());
}

torch::Tensor DeepEncoderImpl::forward(const torch::Tensor& pixels) {
  return stages(pixels).tokens;
}

EncoderStages DeepEncoderImpl::stages(const torch::Tensor& pixels) {
  TORCH_CHECK(
      pixels.dim() == 4 && pixels.size(1) == 3 && pixels.size(2) > 0 &&
          pixels.size(2) == pixels.size(3) &&
          pixels.size(2) % options.pixels_per_token() == 0,
      "DeepEncoder: expected pixels of shape (B, 3, S, S) with S a multiple "
      "of ",
      options.pixels_per_token(),
      ", got ",
      pixels.sizes());

  return compress(sam->forward(pixels));
}

EncoderStages DeepEncoderImpl::compress(const torch::Tensor& patches) {
  EncoderStages stages;
  stages.sam = compressor->forward(patches); // (B, C, n, n)
  stages.second = second_stage->forward(stages.sam); // (B, q, .)
  stages.tokens = project(stages.sam, stages.second); // (B, q, D)
  return stages;
}

torch::Tensor DeepEncoderImpl::project(
    const torch::Tensor& sam,
    const torch::Tensor& second) {
  return projector->forward(second_stage->features(sam, second));
}

void DeepEncoderImpl::pretty_print(std::ostream& stream) const {
  stream << "microfiche::encoder::DeepEncoder(pixels_per_token="
         << options.pixels_per_token() << ")";
}

} // namespace microfiche::encoder
