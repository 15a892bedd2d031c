#include "kernels/rotate.h"

#include "kernels/cpu_vector.h"
#include "kernels/gradient.h"
#include "kernels/parallel.h"

#include <torch/torch.h>

// B = rows, H = heads, L = positions, D = channels of a head.

namespace microfiche::kernels {
namespace {

bool can_turn(
    const torch::Tensor& x,
    const torch::Tensor& cos,
    const torch::Tensor& sin) {
  const auto dtype = x.scalar_type();
  return x.is_cpu() && !needs_grad({x}) && x.numel() > 0 &&
      (dtype == torch::kFloat32 || dtype == torch::kBFloat16) &&
      cos.scalar_type() == dtype && sin.scalar_type() == dtype &&
      x.stride(3) == 1 && cos.is_contiguous() && sin.is_contiguous();
}

/// x and y in raw memory, with distances in elements.
struct Turn {
  const void* x;
  void* y;
  const void* cos;
  const void* sin;
  int64_t heads, positions, half;
  int64_t x_strides[3];
  int64_t y_strides[3];
  // Of the angles, from one row to the next; 0 where all rows share them.
  int64_t row_stride;
};

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
MICROFICHE_INLINE void turn_position(const Turn& turn, int64_t index) {
  const int64_t b = index / turn.positions;
  const int64_t l = index % turn.positions;
  const int64_t angle = b * turn.row_stride + l * turn.half;
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
  const Turn& turn;
  bool is_bf16;
  int64_t begin;
  int64_t end;

  MICROFICHE_INLINE void run() const {
    for (int64_t index = begin; index < end; ++index) {
      if (is_bf16) {
        turn_position<Bf16>(turn, index);
      } else {
        turn_position<float>(turn, index);
      }
    }
  }
};

} // namespace

torch::Tensor rotate_reference(
    const torch::Tensor& x,
    const torch::Tensor& cos,
    const torch::Tensor& sin) {
  const auto halves = x.chunk(2, /*dim=*/-1);
  return torch::cat(
      {halves[0] * cos - halves[1] * sin, halves[1] * cos + halves[0] * sin},
      /*dim=*/-1);
}

torch::Tensor rotate(
    const torch::Tensor& x,
    const torch::Tensor& cos,
    const torch::Tensor& sin) {
  if (!can_turn(x, cos, sin)) {
    return rotate_reference(x, cos, sin);
  }
  auto y = torch::empty_like(x);
  Turn turn{
      x.const_data_ptr(),
      y.mutable_data_ptr(),
      cos.const_data_ptr(),
      sin.const_data_ptr(),
      x.size(1),
      x.size(2),
      x.size(3) / 2,
      {},
      {},
      cos.size(0) == 1 ? 0 : cos.stride(0)};
  for (int dim = 0; dim < 3; ++dim) {
    turn.x_strides[dim] = x.stride(dim);
    turn.y_strides[dim] = y.stride(dim);
  }
  const bool is_bf16 = x.scalar_type() == torch::kBFloat16;
  parallel_for(
      0, x.size(0) * x.size(2), /*grain=*/16, [&](int64_t begin, int64_t end) {
        run_vectorized(TurnJob{turn, is_bf16, begin, end});
      });
  return y;
}

} // namespace microfiche::kernels
