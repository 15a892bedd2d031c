#include "kernels/cpu/rotary.h"

#include "kernels/cpu/vector.h"

namespace microfiche::kernels {
namespace {

/// Rounds each product, as ATen does.
template <typename Number>
MICROFICHE_INLINE float rounded_product(
    const Number& left,
    const Number& right) {
  Number product;
  round_to(to_float(left) * to_float(right), product);
  return to_float(product);
}

/// All heads of position l in row b, with `index` = b * L + l.
template <typename Number>
MICROFICHE_INLINE void rotate_position(const RotaryRows& rows, int64_t index) {
  const int64_t b = index / rows.positions;
  const int64_t l = index % rows.positions;
  const int64_t angle = b * rows.angle_stride + l * rows.half;
  const auto* cos = static_cast<const Number*>(rows.cos) + angle;
  const auto* sin = static_cast<const Number*>(rows.sin) + angle;
  for (int64_t h = 0; h < rows.heads; ++h) {
    const auto* x = static_cast<const Number*>(rows.x) + b * rows.x_strides[0] +
        h * rows.x_strides[1] + l * rows.x_strides[2];
    auto* y = static_cast<Number*>(rows.y) + b * rows.y_strides[0] +
        h * rows.y_strides[1] + l * rows.y_strides[2];
    for (int64_t d = 0; d < rows.half; ++d) {
      const Number first = x[d];
      const Number second = x[d + rows.half];
      round_to(
          rounded_product(first, cos[d]) - rounded_product(second, sin[d]),
          y[d]);
      round_to(
          rounded_product(second, cos[d]) + rounded_product(first, sin[d]),
          y[d + rows.half]);
    }
  }
}

struct RotaryJob {
  const RotaryRows& rows;
  int64_t begin;
  int64_t end;

  MICROFICHE_INLINE void run() const {
    for (int64_t index = begin; index < end; ++index) {
      if (rows.is_bf16) {
        rotate_position<Bf16>(rows, index);
      } else {
        rotate_position<float>(rows, index);
      }
    }
  }
};

} // namespace

void apply_rotary_cpu(const RotaryRows& rows, int64_t begin, int64_t end) {
  run_vectorized(RotaryJob{rows, begin, end});
}

} // namespace microfiche::kernels
