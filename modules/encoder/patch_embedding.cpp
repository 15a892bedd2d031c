#include "encoder/patch_embedding.h"

#include "kernels/convolution.h"

#include <utility>

// B = pages or tiles, H x W = pixels.

namespace microfiche::encoder {

PatchEmbeddingImpl::PatchEmbeddingImpl(PatchEmbeddingOptions options_)
    : options(std::move(options_)) {
  reset();
}

void PatchEmbeddingImpl::reset() {
  TORCH_CHECK_VALUE(
      options.patch_size() >= 1 && options.width() >= 1,
      "PatchEmbedding: patch_size and width must be at least 1, got ",
      options.patch_size(),
      " and ",
      options.width());

  projection = register_module(
      "projection",
      torch::nn::Conv2d(torch::nn::Conv2dOptions(
                            /*in_channels=*/3,
                            options.width(),
                            /*kernel_size=*/options.patch_size())
                            .stride(options.patch_size())));
}

torch::Tensor PatchEmbeddingImpl::forward(const torch::Tensor& pixels) {
  TORCH_CHECK(
      pixels.dim() == 4 && pixels.size(1) == 3 && pixels.size(2) > 0 &&
          pixels.size(3) > 0 && pixels.size(2) % options.patch_size() == 0 &&
          pixels.size(3) % options.patch_size() == 0,
      "PatchEmbedding: expected pixels of shape (B, 3, H, W) with H and W "
      "multiples of ",
      options.patch_size(),
      ", got ",
      pixels.sizes());

  return kernels::convolution(
             pixels,
             projection->weight,
             projection->bias,
             /*stride=*/options.patch_size(),
             /*padding=*/0)
      .permute({0, 2, 3, 1});
}

void PatchEmbeddingImpl::pretty_print(std::ostream& stream) const {
  stream << "microfiche::encoder::PatchEmbedding(patch_size="
         << options.patch_size() << ", width=" << options.width() << ")";
}

} // namespace microfiche::encoder
