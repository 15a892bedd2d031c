#include "encoder/deep_encoder.h"

#include <utility>

// B = pages or tiles, S = their side in pixels, n = side of the token grid.

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
  clip = register_module("clip", ClipVit(options.clip()));
  projector = register_module("projector", Projector(options.projector()));

  const int64_t compressed = options.compressor().channels().back();
  TORCH_CHECK_VALUE(
      options.sam().neck_channels() == options.compressor().in_channels(),
      "DeepEncoder: expected sam.neck_channels = compressor.in_channels = ",
      options.compressor().in_channels(),
      ", got ",
      options.sam().neck_channels());
  TORCH_CHECK_VALUE(
      compressed == options.clip().width(),
      "DeepEncoder: expected clip.width to be the compressor's last channels, ",
      compressed,
      ", got ",
      options.clip().width());
  TORCH_CHECK_VALUE(
      options.projector().in_width() == options.clip().width() + compressed,
      "DeepEncoder: expected projector.in_width to be the channels of both "
      "towers, ",
      options.clip().width() + compressed,
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
  stages.clip = clip->forward(stages.sam); // (B, n * n, C)
  stages.tokens = project(stages.sam, stages.clip); // (B, n * n, D)
  return stages;
}

torch::Tensor DeepEncoderImpl::project(
    const torch::Tensor& sam,
    const torch::Tensor& clip) {
  const auto sam_tokens = sam.flatten(2).transpose(1, 2); // (B, n * n, C)
  return projector->forward(torch::cat({clip, sam_tokens}, /*dim=*/-1));
}

void DeepEncoderImpl::pretty_print(std::ostream& stream) const {
  stream << "microfiche::encoder::DeepEncoder(pixels_per_token="
         << options.pixels_per_token() << ")";
}

} // namespace microfiche::encoder
