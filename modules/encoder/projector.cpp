#include "encoder/projector.h"

#include "encoder/initialization.h"

#include <utility>

namespace microfiche::encoder {

ProjectorImpl::ProjectorImpl(ProjectorOptions options_)
    : options(std::move(options_)) {
  reset();
}

void ProjectorImpl::reset() {
  TORCH_CHECK_VALUE(
      options.in_width() >= 1 && options.out_width() >= 1,
      "Projector: in_width and out_width must be at least 1, got ",
      options.in_width(),
      " and ",
      options.out_width());

  linear = register_module(
      "linear", make_linear(options.in_width(), options.out_width()));
}

torch::Tensor ProjectorImpl::forward(const torch::Tensor& features) {
  return linear->forward(features);
}

void ProjectorImpl::pretty_print(std::ostream& stream) const {
  stream << "microfiche::encoder::Projector(" << options.in_width() << ", "
         << options.out_width() << ")";
}

} // namespace microfiche::encoder
