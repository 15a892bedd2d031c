#include "layers/convolution.h"

#include "kernels/convolution.h"
#include "layers/skip_init.h"

#include <torch/torch.h>

#include <cmath>
#include <utility>

namespace microfiche::layers {

ConvolutionImpl::ConvolutionImpl(ConvolutionOptions options_)
    : options(std::move(options_)) {
  reset();
}

void ConvolutionImpl::reset() {
  const int64_t side = options.kernel_size();
  weight = register_parameter(
      "weight",
      torch::empty(
          {options.out_channels(), options.in_channels(), side, side}));
  if (options.bias()) {
    bias = register_parameter("bias", torch::empty({options.out_channels()}));
  }
  if (!SkipInitGuard::is_active()) {
    // As torch::nn::Conv2d does.
    torch::nn::init::kaiming_uniform_(weight, std::sqrt(5.0));
    if (options.bias()) {
      const double bound = 1 /
          std::sqrt(static_cast<double>(options.in_channels() * side * side));
      torch::nn::init::uniform_(bias, -bound, bound);
    }
  }
}

torch::Tensor ConvolutionImpl::forward(const torch::Tensor& x) {
  return kernels::convolution(
      x, weight, bias, options.stride(), options.padding());
}

void ConvolutionImpl::pretty_print(std::ostream& stream) const {
  stream << "microfiche::layers::Convolution(" << options.in_channels() << ", "
         << options.out_channels() << ", kernel_size=" << options.kernel_size()
         << ", stride=" << options.stride() << ", padding=" << options.padding()
         << ", bias=" << (options.bias() ? "true" : "false") << ")";
}

} // namespace microfiche::layers
