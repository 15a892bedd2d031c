#pragma once

#include "encoder/clip_vit.h"
#include "encoder/projector.h"
#include "encoder/sam_vit.h"
#include "encoder/second_stage.h"
#include "encoder/token_compressor.h"

#include <torch/nn.h>

#include <cstdint>
#include <memory>
#include <ostream>

namespace microfiche::encoder {

/// Options for `DeepEncoder`. The channels of its parts must fit: `sam` feeds
/// `compressor`, which feeds `second_stage`, which feeds `projector`.
struct DeepEncoderOptions {
  /// Pixels along the side of one vision token.
  int64_t pixels_per_token() const;

  TORCH_ARG(SamVitOptions, sam);
  TORCH_ARG(TokenCompressorOptions, compressor);
  TORCH_ARG(SecondStageFactory, second_stage) =
      stage_factory<ClipVitImpl>(ClipVitOptions());
  TORCH_ARG(ProjectorOptions, projector);
};

/// The outputs of the encoder's stages, with n = S / pixels_per_token and q
/// vision tokens: n * n, or fewer if the second stage compresses.
struct EncoderStages {
  /// The output of the compressor, (B, C, n, n).
  torch::Tensor sam;
  /// The output of the second stage, (B, q, its width).
  torch::Tensor second;
  /// Vision tokens at the decoder's width, (B, q, D).
  torch::Tensor tokens;
};

/// Encodes pages as vision tokens: perception tower, 16x compressor, a second
/// stage on the compressor's output, then a projector. The second stage is
/// `ClipVit` in DeepSeek-OCR and `CausalFlow` in DeepSeek-OCR 2.
///
/// Sources: DeepSeek-OCR, arXiv:2510.18234, "DeepEncoder"; DeepSeek-OCR 2,
/// arXiv:2601.20552, "DeepEncoder V2".
class DeepEncoderImpl : public torch::nn::Cloneable<DeepEncoderImpl> {
 public:
  explicit DeepEncoderImpl(DeepEncoderOptions options_ = {});

  void reset() override;
  void pretty_print(std::ostream& stream) const override;

  /// Encodes a batch of square pages or tiles.
  ///
  /// Shapes, with n = S / pixels_per_token:
  ///   pixels: (B, 3, S, S), normalised to [-1, 1]
  ///   returns: (B, q, projector.out_width); row-major with `ClipVit`, in the
  ///     order of the queries with `CausalFlow`
  ///
  /// Throws `c10::Error` when S is not a multiple of pixels_per_token, or the
  /// second stage does not take n.
  torch::Tensor forward(const torch::Tensor& pixels);

  /// `forward` with the outputs of all stages.
  EncoderStages stages(const torch::Tensor& pixels);

  /// The second half of `stages`, from the output of the perception tower.
  ///
  /// Shapes: patches (B, neck_channels, g, g) from `sam`.
  EncoderStages compress(const torch::Tensor& patches);

  /// The last step of `compress`, from the outputs of the compressor and of the
  /// second stage.
  ///
  /// Shapes: sam (B, C, n, n), second (B, q, its width), returns (B, q, D).
  torch::Tensor project(const torch::Tensor& sam, const torch::Tensor& second);

  /// The options with which this module was constructed.
  DeepEncoderOptions options;

  SamVit sam{nullptr};
  TokenCompressor compressor{nullptr};
  /// Registered under its `stage_name`.
  std::shared_ptr<SecondStage> second_stage;
  Projector projector{nullptr};
};

TORCH_MODULE(DeepEncoder);

} // namespace microfiche::encoder
