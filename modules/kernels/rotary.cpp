#include "kernels/rotary.h"

#include "kernels/cpu/parallel.h"
#include "kernels/cpu/rotary.h"
#include "kernels/gradient.h"
#include "kernels/reference_kernels.h"

#include <torch/torch.h>

// B = rows, H = heads, L = positions, D = channels of a head.

namespace microfiche::kernels {
namespace {

bool has_rotary_kernel(
    const torch::Tensor& x,
    const torch::Tensor& cos,
    const torch::Tensor& sin) {
  static const bool enabled = !runs_reference("rotary");
  const auto dtype = x.scalar_type();
  return enabled && x.is_cpu() && !needs_grad({x}) && x.numel() > 0 &&
      (dtype == torch::kFloat32 || dtype == torch::kBFloat16) &&
      cos.scalar_type() == dtype && sin.scalar_type() == dtype &&
      x.stride(3) == 1 && cos.is_contiguous() && sin.is_contiguous();
}

} // namespace

torch::Tensor apply_rotary_reference(
    const torch::Tensor& x,
    const torch::Tensor& cos,
    const torch::Tensor& sin) {
  const auto halves = x.chunk(2, /*dim=*/-1);
  return torch::cat(
      {halves[0] * cos - halves[1] * sin, halves[1] * cos + halves[0] * sin},
      /*dim=*/-1);
}

torch::Tensor apply_rotary(
    const torch::Tensor& x,
    const torch::Tensor& cos,
    const torch::Tensor& sin) {
  if (!has_rotary_kernel(x, cos, sin)) {
    return apply_rotary_reference(x, cos, sin);
  }
  auto y = torch::empty_like(x);
  RotaryRows rows;
  rows.x = x.const_data_ptr();
  rows.y = y.mutable_data_ptr();
  rows.cos = cos.const_data_ptr();
  rows.sin = sin.const_data_ptr();
  rows.is_bf16 = x.scalar_type() == torch::kBFloat16;
  rows.heads = x.size(1);
  rows.positions = x.size(2);
  rows.half = x.size(3) / 2;
  rows.angle_stride = cos.size(0) == 1 ? 0 : cos.stride(0);
  for (int dim = 0; dim < 3; ++dim) {
    rows.x_strides[dim] = x.stride(dim);
    rows.y_strides[dim] = y.stride(dim);
  }
  parallel_for(
      0, x.size(0) * x.size(2), /*grain=*/16, [&](int64_t begin, int64_t end) {
        apply_rotary_cpu(rows, begin, end);
      });
  return y;
}

} // namespace microfiche::kernels
