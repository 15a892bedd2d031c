#include "kernels/rms_norm.h"

#include "kernels/gradient.h"

#include <torch/torch.h>

#ifdef MICROFICHE_WITH_CUDA
#include "kernels/cuda/rms_norm.h"

#include <c10/cuda/CUDAException.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>
#endif

namespace microfiche::kernels {

#ifdef MICROFICHE_WITH_CUDA
namespace {

bool has_cuda_kernel(const torch::Tensor& x, const torch::Tensor& weight) {
  const auto dtype = x.scalar_type();
  return x.is_cuda() && weight.device() == x.device() &&
      !needs_grad({x, weight}) && dtype == weight.scalar_type() &&
      x.numel() > 0 &&
      (dtype == torch::kFloat32 || dtype == torch::kBFloat16 ||
       dtype == torch::kFloat16);
}

torch::Tensor run_cuda_kernel(
    const torch::Tensor& x,
    const torch::Tensor& weight,
    double eps) {
  const c10::cuda::CUDAGuard guard(x.device());
  const auto rows = x.contiguous();
  const auto gain = weight.contiguous();
  auto y = torch::empty(x.sizes(), rows.options());
  RmsNormArguments arguments;
  arguments.x = rows.const_data_ptr();
  arguments.weight = gain.const_data_ptr();
  arguments.y = y.mutable_data_ptr();
  arguments.width = x.size(-1);
  arguments.rows = x.numel() / arguments.width;
  arguments.eps = static_cast<float>(eps);
  arguments.type = x.scalar_type() == torch::kFloat32 ? RmsNormType::kFloat32
      : x.scalar_type() == torch::kFloat16            ? RmsNormType::kFloat16
                                                      : RmsNormType::kBFloat16;
  arguments.stream = c10::cuda::getCurrentCUDAStream();
  C10_CUDA_CHECK(launch_rms_norm(arguments));
  return y;
}

} // namespace
#endif

namespace {

// The reference, bit for bit, with fewer tensors. Its gradient would need them.
torch::Tensor rms_norm_in_place(
    const torch::Tensor& x,
    const torch::Tensor& weight,
    double eps) {
  const auto x32 = x.to(torch::kFloat32);
  const auto scale = x32.square().mean(-1, /*keepdim=*/true).add_(eps).rsqrt_();
  const auto normed = x.scalar_type() == torch::kFloat32
      ? x32 * scale
      : x32.mul_(scale).to(x.scalar_type());
  return normed.mul_(weight.to(x.scalar_type()));
}

} // namespace

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
#ifdef MICROFICHE_WITH_CUDA
  if (has_cuda_kernel(x, weight)) {
    return run_cuda_kernel(x, weight, eps);
  }
#endif
  return needs_grad({x, weight}) ? rms_norm_reference(x, weight, eps)
                                 : rms_norm_in_place(x, weight, eps);
}

} // namespace microfiche::kernels
