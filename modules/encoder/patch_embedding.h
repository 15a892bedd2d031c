#pragma once

#include <torch/nn.h>

#include <cstdint>
#include <ostream>

namespace microfiche::encoder {

/// Options for `PatchEmbedding`.
struct PatchEmbeddingOptions {
  /// Side of a square patch, in pixels.
  TORCH_ARG(int64_t, patch_size) = 16;

  /// Channels of an embedded patch.
  TORCH_ARG(int64_t, width) = 768;
};

/// Cuts an image into square patches and embeds each linearly.
///
/// Source: ViT, arXiv:2010.11929, section 3.1.
class PatchEmbeddingImpl : public torch::nn::Cloneable<PatchEmbeddingImpl> {
 public:
  explicit PatchEmbeddingImpl(PatchEmbeddingOptions options_ = {});

  void reset() override;
  void pretty_print(std::ostream& stream) const override;

  /// Embeds the patches of a batch of pages.
  ///
  /// Shapes, with p = patch_size:
  ///   pixels: (B, 3, H, W), H and W multiples of p
  ///   returns: (B, H / p, W / p, width)
  ///
  /// Throws `c10::Error` when `pixels` has any other shape.
  torch::Tensor forward(const torch::Tensor& pixels);

  /// The options with which this module was constructed.
  PatchEmbeddingOptions options;

  torch::nn::Conv2d projection{nullptr};
};

TORCH_MODULE(PatchEmbedding);

} // namespace microfiche::encoder
