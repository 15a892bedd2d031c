#include "kernels/linear_few_rows.h"

#include <algorithm>
#include <cstring>
#include <vector>

// Vectors of the compiler instead of intrinsics: one body serves every
// instruction set, and 16 numbers are one, two or four registers.

namespace microfiche::kernels {
namespace {

#define MICROFICHE_INLINE inline __attribute__((always_inline))

constexpr int64_t kLanes = 16;

// Note [One stream of weights]
// Weights are read in the order in which they lie in memory, one channel after
// the other: a processor that is asked for several channels side by side
// fetches them at half the speed. Up to eight rows of x meet each weight while
// it is in a register; more rows find a channel's weights in the cache.

using Floats = float __attribute__((vector_size(64)));
using Words = uint32_t __attribute__((vector_size(64)));
using Ints = int32_t __attribute__((vector_size(64)));
using Halves = uint16_t __attribute__((vector_size(32)));
using Bytes = int8_t __attribute__((vector_size(16)));
using Floats8 = float __attribute__((vector_size(32)));
using Floats4 = float __attribute__((vector_size(16)));

/// A load that crosses two lines takes twice as long.
struct alignas(64) CacheLine {
  float numbers[kLanes];
};

struct Bf16 {
  uint16_t bits;
};

template <typename Vector>
MICROFICHE_INLINE void load(const void* from, Vector& to) {
  std::memcpy(&to, from, sizeof to);
}

MICROFICHE_INLINE float to_float(Bf16 value) {
  const uint32_t bits = uint32_t{value.bits} << 16;
  float result;
  std::memcpy(&result, &bits, sizeof result);
  return result;
}

MICROFICHE_INLINE float to_float(int8_t value) {
  return static_cast<float>(value);
}

MICROFICHE_INLINE void load_floats(const Bf16* from, Floats& to) {
  Halves halves;
  load(from, halves);
  const Words words = __builtin_convertvector(halves, Words) << 16;
  std::memcpy(&to, &words, sizeof to);
}

MICROFICHE_INLINE void load_floats(const int8_t* from, Floats& to) {
  Bytes bytes;
  load(from, bytes);
  to = __builtin_convertvector(__builtin_convertvector(bytes, Ints), Floats);
}

MICROFICHE_INLINE float sum(const Floats& v) {
  const Floats8 eight = __builtin_shufflevector(v, v, 0, 1, 2, 3, 4, 5, 6, 7) +
      __builtin_shufflevector(v, v, 8, 9, 10, 11, 12, 13, 14, 15);
  const Floats4 four = __builtin_shufflevector(eight, eight, 0, 1, 2, 3) +
      __builtin_shufflevector(eight, eight, 4, 5, 6, 7);
  return (four[0] + four[2]) + (four[1] + four[3]);
}

/// To the nearest, ties to even; a NaN stays one.
MICROFICHE_INLINE Bf16 to_bf16(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  if (value != value) {
    return {0x7FC0};
  }
  return {static_cast<uint16_t>((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16)};
}

MICROFICHE_INLINE void
store(const LinearFewRows& product, int64_t m, int64_t n, float y) {
  y = product.scale != nullptr ? y * product.scale[n] : y;
  y = product.bias != nullptr ? y + product.bias[n] : y;
  const int64_t place = m * product.out + n;
  if (product.x_is_bf16) {
    static_cast<Bf16*>(product.y)[place] = to_bf16(y);
  } else {
    static_cast<float*>(product.y)[place] = y;
  }
}

/// Channel n for `Rows` rows from `m`.
template <int64_t Rows, typename Weight>
MICROFICHE_INLINE void
multiply(const LinearFewRows& product, const float* x, int64_t m, int64_t n) {
  const int64_t in = product.in;
  const auto* weight = static_cast<const Weight*>(product.weight) + n * in;
  x += m * in;
  // Two sums a row hide how long one addition takes.
  Floats sums[Rows][2] = {};
  int64_t k = 0;
  for (; k + 2 * kLanes <= in; k += 2 * kLanes) {
    for (int64_t part = 0; part < 2; ++part) {
      Floats weights;
      load_floats(weight + k + part * kLanes, weights);
      for (int64_t i = 0; i < Rows; ++i) {
        Floats values;
        load(x + i * in + k + part * kLanes, values);
        sums[i][part] += weights * values;
      }
    }
  }
  for (int64_t i = 0; i < Rows; ++i) {
    float rest = 0;
    for (int64_t j = k; j < in; ++j) {
      rest += to_float(weight[j]) * x[i * in + j];
    }
    store(product, m + i, n, sum(sums[i][0] + sums[i][1]) + rest);
  }
}

template <typename Weight>
MICROFICHE_INLINE void
run(const LinearFewRows& product, const float* x, int64_t begin, int64_t end) {
  for (int64_t n = begin; n < end; ++n) {
    int64_t m = 0;
    for (; m + 8 <= product.rows; m += 8) {
      multiply<8, Weight>(product, x, m, n);
    }
    for (; m + 4 <= product.rows; m += 4) {
      multiply<4, Weight>(product, x, m, n);
    }
    for (; m + 2 <= product.rows; m += 2) {
      multiply<2, Weight>(product, x, m, n);
    }
    if (m < product.rows) {
      multiply<1, Weight>(product, x, m, n);
    }
  }
}

MICROFICHE_INLINE void
run(const LinearFewRows& product, const float* x, int64_t begin, int64_t end) {
  if (product.scale != nullptr) {
    run<int8_t>(product, x, begin, end);
  } else {
    run<Bf16>(product, x, begin, end);
  }
}

#ifdef __x86_64__
__attribute__((target("avx512f,avx512bw,avx512vl,avx512dq"))) void run_avx512(
    const LinearFewRows& product,
    const float* x,
    int64_t begin,
    int64_t end) {
  run(product, x, begin, end);
}

__attribute__((target("avx2,fma"))) void run_avx2(
    const LinearFewRows& product,
    const float* x,
    int64_t begin,
    int64_t end) {
  run(product, x, begin, end);
}
#endif

void run_default(
    const LinearFewRows& product,
    const float* x,
    int64_t begin,
    int64_t end) {
  run(product, x, begin, end);
}

auto choose_run() {
#ifdef __x86_64__
  if (__builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512vl") &&
      __builtin_cpu_supports("avx512dq")) {
    return &run_avx512;
  }
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
    return &run_avx2;
  }
#endif
  return &run_default;
}

} // namespace

void linear_few_rows(const LinearFewRows& product, int64_t begin, int64_t end) {
  if (linear_few_rows_bf16(product, begin, end)) {
    return;
  }
  static const auto run_best = choose_run();
  if (!product.x_is_bf16) {
    const auto* x = static_cast<const float*>(product.x);
    run_best(product, x, begin, end);
    return;
  }
  thread_local std::vector<CacheLine> lines;
  const auto* halves = static_cast<const Bf16*>(product.x);
  const int64_t count = product.rows * product.in;
  lines.resize((count + kLanes - 1) / kLanes);
  float* x = lines.data()->numbers;
  std::transform(
      halves, halves + count, x, [](Bf16 value) { return to_float(value); });
  run_best(product, x, begin, end);
}

} // namespace microfiche::kernels
