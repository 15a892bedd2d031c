#include "kernels/cpu/int4_rounding.h"

#include "kernels/cpu/vector.h"

#include <algorithm>
#include <cmath>

namespace microfiche::kernels {
namespace {

// Note [The search for a scale]
// For given integers u, the scale with the least squared error of w - s u is
// s = sum w u / sum u u, and the error is sum w w - (sum w u)^2 / sum u u. So
// each candidate scale gives integers, and the integers with the largest
// (sum w u)^2 / sum u u win. Without zero points the candidates put the number
// of the largest magnitude at kFirstLevel to kLastLevel steps from zero, on
// either side: only the negative side reaches eight.

constexpr float kFirstLevel = 5.5F;
constexpr float kLastLevel = 9.0F;
constexpr float kLevelStep = 0.25F;

// With zero points: the share of the range from the smallest to the largest
// number that 15 steps cover.
constexpr float kSmallestShare = 0.7F;
constexpr float kShareStep = 0.05F;

constexpr float kRoundToInteger = 12582912.0F;

/// Rounds to integers in [-8 - z, 7 - z].
MICROFICHE_INLINE void round_levels(Floats& x, float z) {
  x = (x + kRoundToInteger) - kRoundToInteger;
  const Floats lowest = Floats{} + (-8.0F - z);
  const Floats highest = Floats{} + (7.0F - z);
  x = x < lowest ? lowest : x;
  x = x > highest ? highest : x;
}

struct Candidate {
  float scale = 1;
  float zero_point = 0;
  float gain = 0;
};

/// Keeps a candidate if its integers fit better.
MICROFICHE_INLINE void try_candidate(
    const float* from,
    int64_t group,
    float scale,
    float zero_point,
    Candidate& best) {
  const float inverse = 1 / scale;
  Floats products = {};
  Floats squares = {};
  for (int64_t i = 0; i < group; i += kVectorLanes) {
    Floats numbers;
    load(from + i, numbers);
    Floats levels = numbers * inverse;
    round_levels(levels, zero_point);
    products += numbers * levels;
    squares += levels * levels;
  }
  const float product = sum(products);
  const float square = sum(squares);
  if (square > 0 && product * product > best.gain * square) {
    best = {product / square, zero_point, product * product / square};
  }
}

MICROFICHE_INLINE Candidate find_scale(const float* from, int64_t group) {
  float extreme = 0;
  for (int64_t i = 0; i < group; ++i) {
    extreme = std::fabs(from[i]) > std::fabs(extreme) ? from[i] : extreme;
  }
  Candidate best;
  if (extreme == 0) {
    return best;
  }
  for (float level = kFirstLevel; level <= kLastLevel; level += kLevelStep) {
    try_candidate(from, group, extreme / level, 0, best);
    try_candidate(from, group, -extreme / level, 0, best);
  }
  return best;
}

MICROFICHE_INLINE Candidate
find_scale_and_zero_point(const float* from, int64_t group) {
  float lowest = 0;
  float highest = 0;
  for (int64_t i = 0; i < group; ++i) {
    lowest = std::min(lowest, from[i]);
    highest = std::max(highest, from[i]);
  }
  Candidate best;
  if (highest == lowest) {
    return best;
  }
  for (float share = 1; share >= kSmallestShare; share -= kShareStep) {
    const float scale = share * (highest - lowest) / 15;
    const float middle = std::round(-0.5F - 0.5F * (highest + lowest) / scale);
    for (float shift = -1; shift <= 1; ++shift) {
      const float zero_point = std::clamp(middle + shift, -8.0F, 7.0F);
      try_candidate(from, group, scale, zero_point, best);
    }
  }
  return best;
}

struct Int4RoundingJob {
  const Int4Rounding& rounding;

  MICROFICHE_INLINE void run() const {
    const int64_t group = rounding.group;
    for (int64_t g = 0; g < rounding.count / group; ++g) {
      round_group(g);
    }
  }

  MICROFICHE_INLINE void round_group(int64_t g) const {
    const int64_t group = rounding.group;
    const float* from = rounding.from + g * group;
    uint8_t* packed = rounding.packed + g * group / 2;
    float total = 0;
    for (int64_t i = 0; i < group; ++i) {
      total += std::fabs(from[i]);
    }
    const bool finite = total <= std::numeric_limits<float>::max();
    Candidate best;
    if (finite) {
      best = rounding.zero_points == nullptr
          ? find_scale(from, group)
          : find_scale_and_zero_point(from, group);
    }
    auto scale = to_bf16(best.scale);
    if (to_float(scale) == 0) {
      scale = to_bf16(1);
    }
    const float inverse = 1 / to_float(scale);
    for (int64_t i = 0; i < group; i += kVectorLanes) {
      Floats levels = {};
      if (finite) {
        load(from + i, levels);
        levels *= inverse;
        round_levels(levels, best.zero_point);
      }
      const Ints raised =
          __builtin_convertvector(levels + (best.zero_point + 8.0F), Ints);
      for (int64_t j = 0; j < kVectorLanes; j += 2) {
        packed[(i + j) / 2] =
            static_cast<uint8_t>(raised[j] | raised[j + 1] << 4);
      }
    }
    rounding.scales[g] = finite ? scale.bits : to_bf16(std::nanf("")).bits;
    if (rounding.zero_points != nullptr) {
      rounding.zero_points[g] = to_bf16(best.zero_point).bits;
    }
  }
};

} // namespace

void round_to_int4(const Int4Rounding& rounding) {
  run_vectorized(Int4RoundingJob{rounding});
}

} // namespace microfiche::kernels
