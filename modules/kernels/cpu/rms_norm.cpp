#include "kernels/cpu/rms_norm.h"

#include "kernels/cpu/vector.h"

#include <cmath>

namespace microfiche::kernels {
namespace {

template <typename Number>
MICROFICHE_INLINE void normalize(const RmsNormRows& rows, int64_t row) {
  const int64_t width = rows.width;
  const auto* x = static_cast<const Number*>(rows.x) + row * width;
  const auto* weight = static_cast<const Number*>(rows.weight);
  auto* y = static_cast<Number*>(rows.y) + row * width;
  Floats squares = {};
  int64_t d = 0;
  for (; d + kVectorLanes <= width; d += kVectorLanes) {
    Floats values;
    load_floats(x + d, values);
    squares += values * values;
  }
  float total = sum(squares);
  for (; d < width; ++d) {
    total += to_float(x[d]) * to_float(x[d]);
  }
  const float scale =
      1 / std::sqrt(total / static_cast<float>(width) + rows.eps);
  for (d = 0; d < width; ++d) {
    Number normed;
    round_to(to_float(x[d]) * scale, normed);
    round_to(to_float(normed) * to_float(weight[d]), y[d]);
  }
}

struct RmsNormJob {
  const RmsNormRows& rows;
  int64_t begin;
  int64_t end;

  MICROFICHE_INLINE void run() const {
    for (int64_t row = begin; row < end; ++row) {
      if (rows.is_bf16) {
        normalize<Bf16>(rows, row);
      } else {
        normalize<float>(rows, row);
      }
    }
  }
};

} // namespace

void rms_norm_cpu(const RmsNormRows& rows, int64_t begin, int64_t end) {
  run_vectorized(RmsNormJob{rows, begin, end});
}

} // namespace microfiche::kernels
