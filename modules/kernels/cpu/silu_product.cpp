#include "kernels/cpu/silu_product.h"

#include "kernels/cpu/vector.h"

#include <cstring>

namespace microfiche::kernels {
namespace {

/// At most kVectorLanes elements. Rounds both products, as ATen does.
template <typename Number>
MICROFICHE_INLINE void
multiply_silu(const Number* gate, const Number* up, Number* y, int64_t count) {
  float values[kVectorLanes] = {};
  float silus[kVectorLanes];
  for (int64_t i = 0; i < count; ++i) {
    values[i] = to_float(gate[i]);
  }
  Floats x;
  load(values, x);
  Floats power = -x;
  exponentiate(power);
  x = x / (power + 1.0F);
  std::memcpy(silus, &x, sizeof x);
  for (int64_t i = 0; i < count; ++i) {
    Number silu;
    round_to(silus[i], silu);
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
void run_silu_product(
    const void* gate,
    const void* up,
    void* y,
    int64_t count) {
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
    run_silu_product<Bf16>(gate, up, y, count);
  } else {
    run_silu_product<float>(gate, up, y, count);
  }
}

} // namespace microfiche::kernels
