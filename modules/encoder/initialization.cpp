#include "encoder/initialization.h"

#include "layers/skip_init.h"

namespace microfiche::encoder {

namespace {
constexpr double kInitStd = 0.02;
} // namespace

layers::Linear make_linear(int64_t in, int64_t out, bool bias) {
  layers::Linear linear(torch::nn::LinearOptions(in, out).bias(bias));
  if (!layers::SkipInitGuard::is_active()) {
    torch::nn::init::normal_(linear->weight, /*mean=*/0, kInitStd);
    if (bias) {
      torch::nn::init::zeros_(linear->bias);
    }
  }
  return linear;
}

torch::Tensor make_embedding(torch::IntArrayRef shape) {
  return torch::nn::init::normal_(torch::empty(shape), /*mean=*/0, kInitStd);
}

void check_tower(
    const char* what,
    int64_t width,
    int64_t layers,
    int64_t heads) {
  TORCH_CHECK_VALUE(
      width >= 1 && layers >= 1 && heads >= 1 && width % heads == 0,
      what,
      ": expected positive width, layers and heads, and a width that is a "
      "multiple of heads, got width ",
      width,
      ", ",
      layers,
      " layers and ",
      heads,
      " heads");
}

} // namespace microfiche::encoder
