#include "kernels/silu_product.h"

#include "kernels/cpu/parallel.h"
#include "kernels/cpu/silu_product.h"
#include "kernels/gradient.h"
#include "kernels/reference_kernels.h"

#include <torch/torch.h>

namespace microfiche::kernels {
namespace {

// Elements below which a second thread does not pay.
constexpr int64_t kGrain = 1 << 14;

bool has_silu_product_kernel(
    const torch::Tensor& gate,
    const torch::Tensor& up) {
  static const bool enabled = !runs_reference("silu_product");
  const auto dtype = gate.scalar_type();
  return enabled && gate.is_cpu() && up.is_cpu() && !needs_grad({gate, up}) &&
      gate.sizes() == up.sizes() && up.scalar_type() == dtype &&
      (dtype == torch::kFloat32 || dtype == torch::kBFloat16) &&
      gate.is_contiguous() && up.is_contiguous();
}

} // namespace

torch::Tensor silu_product_reference(
    const torch::Tensor& gate,
    const torch::Tensor& up) {
  return torch::silu(gate) * up;
}

torch::Tensor silu_product(const torch::Tensor& gate, const torch::Tensor& up) {
  if (!has_silu_product_kernel(gate, up)) {
    return silu_product_reference(gate, up);
  }
  auto y = torch::empty_like(gate);
  const auto* gates = static_cast<const char*>(gate.const_data_ptr());
  const auto* ups = static_cast<const char*>(up.const_data_ptr());
  auto* out = static_cast<char*>(y.mutable_data_ptr());
  const int64_t bytes = gate.element_size();
  const bool is_bf16 = gate.scalar_type() == torch::kBFloat16;
  parallel_for(0, gate.numel(), kGrain, [&](int64_t begin, int64_t end) {
    silu_product_cpu(
        gates + begin * bytes,
        ups + begin * bytes,
        out + begin * bytes,
        is_bf16,
        end - begin);
  });
  return y;
}

} // namespace microfiche::kernels
