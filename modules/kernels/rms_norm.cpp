#include "kernels/rms_norm.h"

#include <torch/torch.h>

namespace microfiche::kernels {

torch::Tensor rms_norm_reference(
    const torch::Tensor& x,
    const torch::Tensor& weight,
    double eps) {
  const auto x32 = x.to(torch::kFloat32);
  const auto mean_square = x32.square().mean(-1, /*keepdim=*/true);
  return (x32 * torch::rsqrt(mean_square + eps)).to(x.scalar_type()) *
      weight.to(x.scalar_type());
}

torch::Tensor
rms_norm(const torch::Tensor& x, const torch::Tensor& weight, double eps) {
  TORCH_CHECK(
      weight.dim() == 1 && x.dim() >= 1 && x.size(-1) == weight.size(0),
      "rms_norm: expected weight of shape (",
      x.dim() == 0 ? 0 : x.size(-1),
      ",), the last dimension of x, got ",
      weight.sizes());
  return rms_norm_reference(x, weight, eps);
}

} // namespace microfiche::kernels
