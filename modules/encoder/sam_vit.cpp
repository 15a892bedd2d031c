#include "encoder/sam_vit.h"

#include "encoder/initialization.h"
#include "encoder/position_table.h"
#include "layers/convolution.h"
#include "layers/recompute.h"

#include <algorithm>
#include <utility>

// B = pages or tiles, S = their side in pixels, g = side of the patch grid.

namespace microfiche::encoder {

ChannelNormImpl::ChannelNormImpl(int64_t channels_) : channels(channels_) {
  reset();
}

void ChannelNormImpl::reset() {
  weight = register_parameter("weight", torch::ones({channels}));
  bias = register_parameter("bias", torch::zeros({channels}));
}

torch::Tensor ChannelNormImpl::forward(const torch::Tensor& x) {
  return torch::layer_norm(
             x.permute({0, 2, 3, 1}), {channels}, weight, bias, kSamNormEps)
      .permute({0, 3, 1, 2});
}

void ChannelNormImpl::pretty_print(std::ostream& stream) const {
  stream << "microfiche::encoder::ChannelNorm(" << channels << ")";
}

SamVitImpl::SamVitImpl(SamVitOptions options_) : options(std::move(options_)) {
  reset();
}

void SamVitImpl::reset() {
  check_tower("SamVit", options.width(), options.layers(), options.heads());
  TORCH_CHECK_VALUE(
      options.patch_size() >= 1 && options.image_size() >= options.patch_size(),
      "SamVit: expected a patch_size of at least 1 and an image_size of at "
      "least that, got ",
      options.patch_size(),
      " and ",
      options.image_size());
  TORCH_CHECK_VALUE(
      options.window_size() >= 1 && options.neck_channels() >= 1,
      "SamVit: window_size and neck_channels must be at least 1, got ",
      options.window_size(),
      " and ",
      options.neck_channels());
  const auto& global = options.global_attn_indexes();
  for (const int64_t index : global) {
    TORCH_CHECK_VALUE(
        index >= 0 && index < options.layers(),
        "SamVit: global_attn_indexes must be layers in [0, ",
        options.layers(),
        "), got ",
        index);
  }

  const int64_t side = options.image_size() / options.patch_size();
  patch_embedding = register_module(
      "patch_embedding",
      PatchEmbedding(PatchEmbeddingOptions()
                         .patch_size(options.patch_size())
                         .width(options.width())));
  position_table = register_parameter(
      "position_table", make_embedding({1, side, side, options.width()}));

  blocks = register_module("blocks", torch::nn::ModuleList());
  for (int64_t layer = 0; layer < options.layers(); ++layer) {
    const bool is_global =
        std::find(global.begin(), global.end(), layer) != global.end();
    blocks->push_back(SamBlock(
        SamBlockOptions(options.width(), options.heads(), /*table_side=*/side)
            .window_size(is_global ? 0 : options.window_size())
            .mlp_ratio(options.mlp_ratio())));
  }

  const int64_t channels = options.neck_channels();
  neck = register_module(
      "neck",
      torch::nn::Sequential(
          layers::Convolution(layers::ConvolutionOptions(
                                  options.width(), channels, /*kernel_size=*/1)
                                  .bias(false)),
          ChannelNorm(channels),
          layers::Convolution(
              layers::ConvolutionOptions(channels, channels, /*kernel_size=*/3)
                  .padding(1)
                  .bias(false)),
          ChannelNorm(channels)));
}

torch::Tensor SamVitImpl::forward(const torch::Tensor& pixels) {
  TORCH_CHECK(
      pixels.dim() == 4 && pixels.size(2) == pixels.size(3),
      "SamVit: expected square pages of shape (B, 3, S, S), got ",
      pixels.sizes());

  auto x = patch_embedding->forward(pixels); // (B, g, g, width)
  x = x + resize_position_table(position_table.squeeze(0), x.size(1));
  for (const auto& block : *blocks) {
    x = recompute_blocks ? layers::recompute<SamBlockImpl>(block, x)
                         : block->as<SamBlock>()->forward(x);
  }
  return neck->forward(x.permute({0, 3, 1, 2})); // (B, neck_channels, g, g)
}

void SamVitImpl::pretty_print(std::ostream& stream) const {
  stream << "microfiche::encoder::SamVit(image_size=" << options.image_size()
         << ", patch_size=" << options.patch_size()
         << ", width=" << options.width() << ", layers=" << options.layers()
         << ", heads=" << options.heads()
         << ", window_size=" << options.window_size() << ")";
}

} // namespace microfiche::encoder
