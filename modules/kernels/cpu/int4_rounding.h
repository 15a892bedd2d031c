#pragma once

#include <cstdint>

namespace microfiche::kernels {

/// Numbers to round to int4; see Note [Weight-only int4].
struct Int4Rounding {
  /// `count` numbers in whole groups of `group`, a multiple of 16.
  const float* from = nullptr;
  int64_t count = 0;
  int64_t group = 0;

  /// Two numbers per byte.
  uint8_t* packed = nullptr;

  /// One bfloat16 number per group. Without `zero_points` the zero points are
  /// zero.
  uint16_t* scales = nullptr;
  uint16_t* zero_points = nullptr;
};

void round_to_int4(const Int4Rounding& rounding);

} // namespace microfiche::kernels
