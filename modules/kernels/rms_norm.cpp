#include "kernels/rms_norm.h"

#include "kernels/cpu/parallel.h"
#include "kernels/cpu/rms_norm.h"
#include "kernels/gradient.h"
#include "kernels/reference_kernels.h"

#include <torch/torch.h>

#ifdef MICROFICHE_WITH_CUDA
#include "kernels/cuda/rms_norm.h"

#include <c10/cuda/CUDAException.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>
#endif

// D = width.

namespace microfiche::kernels {
namespace {

bool has_rms_norm_kernel(const torch::Tensor& x, const torch::Tensor& weight) {
  static const bool enabled = !runs_reference("rms_norm");
  const auto dtype = x.scalar_type();
  return enabled && weight.device() == x.device() && !needs_grad({x, weight}) &&
      dtype == weight.scalar_type() && x.numel() > 0 &&
      (dtype == torch::kFloat32 || dtype == torch::kBFloat16 ||
       (dtype == torch::kFloat16 && x.is_cuda()));
}

torch::Tensor run_cpu_kernel(
    const torch::Tensor& x,
    const torch::Tensor& weight,
    double eps) {
  const auto input = x.contiguous();
  const auto gain = weight.contiguous();
  auto y = torch::empty(x.sizes(), input.options());
  const RmsNormRows rows{
      input.const_data_ptr(),
      gain.const_data_ptr(),
      y.mutable_data_ptr(),
      x.scalar_type() == torch::kBFloat16,
      x.size(-1),
      static_cast<float>(eps)};
  parallel_for(
      0, x.numel() / rows.width, /*grain=*/16, [&](int64_t begin, int64_t end) {
        rms_norm_cpu(rows, begin, end);
      });
  return y;
}

#ifdef MICROFICHE_WITH_CUDA
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
#endif

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
  if (!has_rms_norm_kernel(x, weight)) {
    return rms_norm_reference(x, weight, eps);
  }
#ifdef MICROFICHE_WITH_CUDA
  if (x.is_cuda()) {
    return run_cuda_kernel(x, weight, eps);
  }
#endif
  return x.is_cpu() ? run_cpu_kernel(x, weight, eps)
                    : rms_norm_reference(x, weight, eps);
}

} // namespace microfiche::kernels
