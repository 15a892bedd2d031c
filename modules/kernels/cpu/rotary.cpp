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

/// All heads of position `index` = b * L + l.
template <typename Number>
MICROFICHE_INLINE void turn_position(const RotaryRows& turn, int64_t index) {
  const int64_t b = index / turn.positions;
  const int64_t l = index % turn.positions;
  const int64_t angle = b * turn.angle_stride + l * turn.half;
  const auto* cos = static_cast<const Number*>(turn.cos) + angle;
  const auto* sin = static_cast<const Number*>(turn.sin) + angle;
  for (int64_t h = 0; h < turn.heads; ++h) {
    const auto* x = static_cast<const Number*>(turn.x) + b * turn.x_strides[0] +
        h * turn.x_strides[1] + l * turn.x_strides[2];
    auto* y = static_cast<Number*>(turn.y) + b * turn.y_strides[0] +
        h * turn.y_strides[1] + l * turn.y_strides[2];
    for (int64_t d = 0; d < turn.half; ++d) {
      const Number first = x[d];
      const Number second = x[d + turn.half];
      round_to(
          rounded_product(first, cos[d]) - rounded_product(second, sin[d]),
          y[d]);
      round_to(
          rounded_product(second, cos[d]) + rounded_product(first, sin[d]),
          y[d + turn.half]);
    }
  }
}

struct TurnJob {
  const RotaryRows& turn;
  int64_t begin;
  int64_t end;

  MICROFICHE_INLINE void run() const {
    for (int64_t index = begin; index < end; ++index) {
      if (turn.is_bf16) {
        turn_position<Bf16>(turn, index);
      } else {
        turn_position<float>(turn, index);
      }
    }
  }
};

} // namespace

void apply_rotary_cpu(const RotaryRows& turn, int64_t begin, int64_t end) {
  run_vectorized(TurnJob{turn, begin, end});
}

} // namespace microfiche::kernels
