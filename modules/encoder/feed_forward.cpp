#include "encoder/feed_forward.h"

#include "encoder/initialization.h"

#include <utility>

namespace microfiche::encoder {

FeedForwardImpl::FeedForwardImpl(FeedForwardOptions options_)
    : options(std::move(options_)) {
  reset();
}

void FeedForwardImpl::reset() {
  TORCH_CHECK_VALUE(
      options.width() >= 1 && options.inner_width() >= 1,
      "FeedForward: width and inner_width must be at least 1, got ",
      options.width(),
      " and ",
      options.inner_width());

  expand = register_module(
      "expand", make_linear(options.width(), options.inner_width()));
  contract = register_module(
      "contract", make_linear(options.inner_width(), options.width()));
}

torch::Tensor FeedForwardImpl::forward(const torch::Tensor& x) {
  const auto inner = expand->forward(x); // (..., inner_width)
  switch (options.activation()) {
    case Activation::kGelu:
      return contract->forward(torch::gelu(inner));
    case Activation::kQuickGelu:
      return contract->forward(inner * torch::sigmoid(1.702 * inner));
  }
  TORCH_INTERNAL_ASSERT(false, "unknown activation");
}

void FeedForwardImpl::pretty_print(std::ostream& stream) const {
  stream << "microfiche::encoder::FeedForward(" << options.width() << ", "
         << options.inner_width() << ", activation="
         << (options.activation() == Activation::kGelu ? "gelu" : "quick_gelu")
         << ")";
}

} // namespace microfiche::encoder
