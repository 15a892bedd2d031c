#include "kernels/silu_product.h"

#include "kernels/cpu_vector.h"
#include "kernels/gradient.h"
#include "kernels/parallel.h"

#include <torch/torch.h>

#include <algorithm>

namespace microfiche::kernels {
namespace {

constexpr int64_t kNumbersPerThread = 1 << 14;

bool has_silu_kernel(const torch::Tensor& gate, const torch::Tensor& up) {
  const auto dtype = gate.scalar_type();
  return gate.is_cpu() && up.is_cpu() && !needs_grad({gate, up}) &&
      gate.sizes() == up.sizes() && up.scalar_type() == dtype &&
      (dtype == torch::kFloat32 || dtype == torch::kBFloat16) &&
      gate.is_contiguous() && up.is_contiguous();
}

/// At most kVectorLanes numbers. Both products are rounded, as ATen does.
template <typename Number>
MICROFICHE_INLINE void
multiply_silu(const Number* gate, const Number* up, Number* y, int64_t count) {
  float values[kVectorLanes] = {};
  float factors[kVectorLanes];
  for (int64_t i = 0; i < count; ++i) {
    values[i] = to_float(gate[i]);
  }
  Floats x;
  load(values, x);
  Floats falling = -x;
  exponentiate(falling);
  x = x / (falling + 1.0F);
  std::memcpy(factors, &x, sizeof x);
  for (int64_t i = 0; i < count; ++i) {
    Number silu;
    round_to(factors[i], silu);
    round_to(to_float(silu) * to_float(up[i]), y[i]);
  }
}

template <typename Number>
struct SiluProductJob {
  const Number* gate;
  const Number* up;
  Number* y;
  int64_t count;

  MICROFICHE_INLINE void run() const {
    int64_t i = 0;
    for (; i + kVectorLanes <= count; i += kVectorLanes) {
      multiply_silu(gate + i, up + i, y + i, kVectorLanes);
    }
    multiply_silu(gate + i, up + i, y + i, count - i);
  }
};

template <typename Number>
void run_silu(const void* gate, const void* up, void* y, int64_t count) {
  run_vectorized(SiluProductJob<Number>{
      static_cast<const Number*>(gate),
      static_cast<const Number*>(up),
      static_cast<Number*>(y),
      count});
}

} // namespace

void silu_product_cpu(
    const void* gate,
    const void* up,
    void* y,
    bool is_bf16,
    int64_t count) {
  if (is_bf16) {
    run_silu<Bf16>(gate, up, y, count);
  } else {
    run_silu<float>(gate, up, y, count);
  }
}

torch::Tensor silu_product_reference(
    const torch::Tensor& gate,
    const torch::Tensor& up) {
  return torch::silu(gate) * up;
}

torch::Tensor silu_product(const torch::Tensor& gate, const torch::Tensor& up) {
  if (!has_silu_kernel(gate, up)) {
    return silu_product_reference(gate, up);
  }
  auto y = torch::empty_like(gate);
  const auto* from = static_cast<const char*>(gate.const_data_ptr());
  const auto* factors = static_cast<const char*>(up.const_data_ptr());
  auto* to = static_cast<char*>(y.mutable_data_ptr());
  const int64_t bytes = gate.element_size();
  parallel_for(
      0, gate.numel(), kNumbersPerThread, [&](int64_t begin, int64_t end) {
        silu_product_cpu(
            from + begin * bytes,
            factors + begin * bytes,
            to + begin * bytes,
            gate.scalar_type() == torch::kBFloat16,
            end - begin);
      });
  return y;
}

} // namespace microfiche::kernels
