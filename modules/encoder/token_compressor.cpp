#include "encoder/token_compressor.h"

#include "layers/convolution.h"

#include <utility>

// B = pages or tiles, C = channels, H x W = patch grid.

namespace microfiche::encoder {

TokenCompressorImpl::TokenCompressorImpl(TokenCompressorOptions options_)
    : options(std::move(options_)) {
  reset();
}

void TokenCompressorImpl::reset() {
  TORCH_CHECK_VALUE(
      !options.channels().empty(),
      "TokenCompressor: channels must name at least one convolution");

  stages = register_module("stages", torch::nn::Sequential());
  int64_t channels = options.in_channels();
  for (const int64_t next : options.channels()) {
    TORCH_CHECK_VALUE(
        channels >= 1 && next >= 1,
        "TokenCompressor: channels must be at least 1, got ",
        options.in_channels(),
        " and ",
        options.channels());
    stages->push_back(layers::Convolution(
        layers::ConvolutionOptions(channels, next, /*kernel_size=*/3)
            .stride(2)
            .padding(1)
            .bias(false)));
    channels = next;
  }
}

torch::Tensor TokenCompressorImpl::forward(const torch::Tensor& patches) {
  const int64_t ratio = int64_t{1} << options.channels().size();
  TORCH_CHECK(
      patches.dim() == 4 && patches.size(1) == options.in_channels() &&
          patches.size(2) % ratio == 0 && patches.size(3) % ratio == 0,
      "TokenCompressor: expected patches of shape (B, ",
      options.in_channels(),
      ", H, W) with H and W multiples of ",
      ratio,
      ", got ",
      patches.sizes());

  return stages->forward(patches); // (B, C_out, H / r, W / r)
}

void TokenCompressorImpl::pretty_print(std::ostream& stream) const {
  stream << "microfiche::encoder::TokenCompressor(" << options.in_channels()
         << ", channels=" << options.channels() << ")";
}

} // namespace microfiche::encoder
