#include "layers/rms_norm.h"

#include "kernels/rms_norm.h"

#include <utility>

namespace microfiche::layers {

RmsNormImpl::RmsNormImpl(RmsNormOptions options_)
    : options(std::move(options_)) {
  reset();
}

void RmsNormImpl::reset() {
  TORCH_CHECK_VALUE(
      options.width() >= 1,
      "RmsNorm: width must be at least 1, got ",
      options.width());

  weight = register_parameter("weight", torch::ones({options.width()}));
}

torch::Tensor RmsNormImpl::forward(const torch::Tensor& x) {
  return kernels::rms_norm(x, weight, options.eps());
}

void RmsNormImpl::pretty_print(std::ostream& stream) const {
  stream << "microfiche::layers::RmsNorm(" << options.width()
         << ", eps=" << options.eps() << ")";
}

} // namespace microfiche::layers
