#include "text_compression/conv_pyramid.h"

#include <torch/torch.h>

// B = texts, C = width, n = positions after a level.

namespace microfiche::text_compression {

ConvLevelImpl::ConvLevelImpl(ConvPyramidOptions options_)
    : options(std::move(options_)) {
  reset();
}

void ConvLevelImpl::reset() {
  const int64_t width = options.width();
  const auto convolution = [&](int64_t kernel, int64_t stride) {
    return torch::nn::Conv1d(torch::nn::Conv1dOptions(width, width, kernel)
                                 .stride(stride)
                                 .padding(kernel / 2)
                                 .bias(false));
  };
  const auto norm = [&] {
    return torch::nn::GroupNorm(
        torch::nn::GroupNormOptions(/*num_groups=*/1, width));
  };
  mix = register_module("mix", convolution(options.kernel(), /*stride=*/1));
  mix_norm = register_module("mix_norm", norm());
  halve = register_module("halve", convolution(/*kernel=*/3, /*stride=*/2));
  halve_norm = register_module("halve_norm", norm());
}

torch::Tensor ConvLevelImpl::forward(const torch::Tensor& x) {
  const auto mixed = torch::gelu(mix_norm->forward(mix->forward(x)));
  const auto halved = halve_norm->forward(halve->forward(mixed)); // (B, C, n)
  const auto means = torch::avg_pool1d(x, /*kernel_size=*/2, /*stride=*/2);
  return torch::gelu(halved + means);
}

void ConvLevelImpl::pretty_print(std::ostream& stream) const {
  stream << "microfiche::text_compression::ConvLevel(" << options.width()
         << ", kernel=" << options.kernel() << ")";
}

ConvPyramidImpl::ConvPyramidImpl(ConvPyramidOptions options_)
    : options(std::move(options_)) {
  reset();
}

void ConvPyramidImpl::reset() {
  TORCH_CHECK_VALUE(
      options.levels() >= 1 && options.kernel() % 2 == 1,
      "ConvPyramid: expected at least one level and an odd kernel, got ",
      options.levels(),
      " and ",
      options.kernel());
  blocks = register_module("blocks", torch::nn::ModuleList());
  for (int64_t level = 0; level < options.levels(); ++level) {
    blocks->push_back(ConvLevel(options));
  }
}

torch::Tensor ConvPyramidImpl::forward(const torch::Tensor& x) {
  TORCH_CHECK(
      x.dim() == 3 && x.size(2) == options.width() &&
          x.size(1) % (int64_t{1} << options.levels()) == 0,
      "ConvPyramid: expected (B, n * ",
      int64_t{1} << options.levels(),
      ", ",
      options.width(),
      "), got ",
      x.sizes());
  auto y = x.transpose(1, 2);
  for (const auto& block : *blocks) {
    y = block->as<ConvLevel>()->forward(y);
  }
  return y.transpose(1, 2);
}

void ConvPyramidImpl::pretty_print(std::ostream& stream) const {
  stream << "microfiche::text_compression::ConvPyramid(" << options.width()
         << ", levels=" << options.levels() << ")";
}

} // namespace microfiche::text_compression
