#pragma once

#include "decoder/decoder.h"
#include "encoder/deep_encoder.h"
#include "model/model_config.h"
#include "model/prompt.h"
#include "page/page_views.h"
#include "page/resolution_mode.h"
#include "page/tiling.h"
#include "page/vision_token_order.h"

#include <torch/nn.h>

#include <cstdint>
#include <functional>
#include <ostream>
#include <span>
#include <string>
#include <vector>

namespace microfiche::model {

/// The vision tokens of a page.
struct VisionTokens {
  /// (positions, width): tiles and global view, in a layout with rows a newline
  /// per row, then the separator; see page/vision_token_order.h.
  torch::Tensor sequence;

  page::VisionTokenCounts counts;
  std::string mode;
  page::TileGrid grid;
  int64_t page_width_px = 0;
  int64_t page_height_px = 0;
};

/// Options for `OpticalModel`.
struct OpticalModelOptions {
  TORCH_ARG(encoder::DeepEncoderOptions, encoder);
  TORCH_ARG(decoder::DecoderOptions, decoder);

  /// What the vision tokens stand for and how they follow one another.
  TORCH_ARG(page::TokenLayout, layout) = {};
};

/// Options for the sizes of a config.
OpticalModelOptions optical_model_options(const ModelConfig& config);

/// Pixels of the views that the encoder takes at once on a device. Memory of
/// the windowed tower grows with them; a CPU gains nothing from more.
int64_t pixels_per_batch(const torch::Device& device);

/// Encodes a batch of views, pixels (B, 3, S, S) to q vision tokens per view,
/// (B, q, D), like `DeepEncoder::forward`.
using ViewEncoder = std::function<torch::Tensor(const torch::Tensor& pixels)>;

/// Encoder and decoder: turns pages into vision tokens and puts these into the
/// prompt.
///
/// Sources: DeepSeek-OCR, arXiv:2510.18234; modeling_deepseekocr.py
/// (deepseek-ai/DeepSeek-OCR e4ac34e); modeling_deepseekocr2.py
/// (deepseek-ai/DeepSeek-OCR-2 2f3699e).
class OpticalModelImpl : public torch::nn::Cloneable<OpticalModelImpl> {
 public:
  explicit OpticalModelImpl(OpticalModelOptions options_ = {});

  void reset() override;
  void pretty_print(std::ostream& stream) const override;

  /// Encodes pages of one mode. The batch size of the encoder depends on the
  /// device. `encode_view`, if given, replaces the encoder, for experiments
  /// that change something inside.
  std::vector<VisionTokens> encode(
      std::span<const page::PageViews> pages,
      const page::ResolutionMode& mode,
      const ViewEncoder& encode_view = {});

  /// Puts the tokens of B pages with the same tile grid into the decoder's
  /// order.
  ///
  /// Shapes, with n and m the sides of a view and of a tile in vision tokens,
  /// and a layout of one square per token:
  ///   global_tokens: (B, n * n, D)
  ///   tile_tokens: (B, columns * rows, m * m, D), undefined without tiles
  ///   returns: (B, positions, D)
  torch::Tensor assemble(
      const torch::Tensor& global_tokens,
      const torch::Tensor& tile_tokens,
      page::TileGrid grid);

  /// Embeds a prompt, with a page's sequence at its `<image>`.
  ///
  /// Shapes: sequence (image_positions, D), returns (prompt length, D).
  ///
  /// Throws `c10::Error` when the sequence has another length or width.
  torch::Tensor embed(const Prompt& prompt, const torch::Tensor& sequence);

  /// Recomputes activations in the backward pass instead of storing them; see
  /// `layers::recompute`.
  void set_recompute(bool on);

  /// Device and dtype of the weights.
  torch::TensorOptions tensor_options() const;

  /// Keeps CLIP's own patch embedding, which is in published checkpoints but
  /// unused, so that a saved model has all tensors of the loaded one.
  void keep_unused_patch_embedding(torch::Tensor weight);

  /// The options with which this module was constructed.
  OpticalModelOptions options;

  encoder::DeepEncoder encoder{nullptr};
  decoder::Decoder decoder{nullptr};

  /// (D) each: the end of a row of vision tokens, undefined in a layout without
  /// rows, and the end of the page.
  torch::Tensor image_newline;
  torch::Tensor view_separator;

  /// See `keep_unused_patch_embedding`; undefined in most models.
  torch::Tensor unused_patch_embedding;
};

TORCH_MODULE(OpticalModel);

/// Converts pages or tiles of one size to the encoder's input.
///
/// Shapes: returns (images.size(), 3, S, S), normalised to [-1, 1].
torch::Tensor normalized_pixels(
    std::span<const page::PageImage* const> images,
    const torch::TensorOptions& like);

} // namespace microfiche::model
