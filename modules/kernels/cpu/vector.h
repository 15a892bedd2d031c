#pragma once

#include "kernels/cpu/processor.h"

#include <cstdint>
#include <cstring>
#include <limits>

// Compiler vectors instead of intrinsics: one source serves every instruction
// set, and 16 numbers take one, two or four registers.

namespace microfiche::kernels {

/// Marks the body of a vectorized kernel and everything that it calls, so that
/// each function of `run_vectorized` compiles its own copy.
#define MICROFICHE_INLINE inline __attribute__((always_inline))

constexpr int64_t kVectorLanes = 16;

/// The logit of a key that a query does not see.
constexpr float kMaskedLogit = -std::numeric_limits<float>::infinity();

using Floats = float __attribute__((vector_size(64)));
using Words = uint32_t __attribute__((vector_size(64)));
using Ints = int32_t __attribute__((vector_size(64)));
using Halves = uint16_t __attribute__((vector_size(32)));
using Bytes = int8_t __attribute__((vector_size(16)));
using Floats8 = float __attribute__((vector_size(32)));
using Words8 = uint32_t __attribute__((vector_size(32)));
using Halves8 = uint16_t __attribute__((vector_size(16)));
using Floats4 = float __attribute__((vector_size(16)));

/// One vector, aligned: a load that crosses two lines takes twice as long.
struct alignas(64) CacheLine {
  float numbers[kVectorLanes];
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

MICROFICHE_INLINE void load_floats(const Bf16* from, Floats8& to) {
  Halves8 halves;
  load(from, halves);
  const Words8 words = __builtin_convertvector(halves, Words8) << 16;
  std::memcpy(&to, &words, sizeof to);
}

MICROFICHE_INLINE void load_floats(const int8_t* from, Floats& to) {
  Bytes bytes;
  load(from, bytes);
  to = __builtin_convertvector(__builtin_convertvector(bytes, Ints), Floats);
}

/// Adds the lanes whose distance is a multiple of four.
MICROFICHE_INLINE void fold(const Floats8& v, Floats4& four) {
  four = __builtin_shufflevector(v, v, 0, 1, 2, 3) +
      __builtin_shufflevector(v, v, 4, 5, 6, 7);
}

MICROFICHE_INLINE void fold(const Floats& v, Floats4& four) {
  const Floats8 eight = __builtin_shufflevector(v, v, 0, 1, 2, 3, 4, 5, 6, 7) +
      __builtin_shufflevector(v, v, 8, 9, 10, 11, 12, 13, 14, 15);
  fold(eight, four);
}

template <typename Vector>
MICROFICHE_INLINE float sum(const Vector& v) {
  Floats4 four;
  fold(v, four);
  return (four[0] + four[2]) + (four[1] + four[3]);
}

/// The sums of each of four registers, in the order of `sum`.
template <typename Vector>
MICROFICHE_INLINE void sum_lanes(const Vector (&sums)[4], Floats4& totals) {
  Floats4 fours[4];
  for (int64_t c = 0; c < 4; ++c) {
    fold(sums[c], fours[c]);
  }
  const Floats4 first =
      __builtin_shufflevector(fours[0], fours[1], 0, 1, 4, 5) +
      __builtin_shufflevector(fours[0], fours[1], 2, 3, 6, 7);
  const Floats4 second =
      __builtin_shufflevector(fours[2], fours[3], 0, 1, 4, 5) +
      __builtin_shufflevector(fours[2], fours[3], 2, 3, 6, 7);
  totals = __builtin_shufflevector(first, second, 0, 2, 4, 6) +
      __builtin_shufflevector(first, second, 1, 3, 5, 7);
}

template <typename Vector>
MICROFICHE_INLINE void sum_lanes(const Vector (&sums)[1], float& total) {
  total = sum(sums[0]);
}

/// Replaces each number by its exponential, with a relative error of 2e-7.
/// Inputs are clamped to [-87, 88]; NaN stays NaN.
MICROFICHE_INLINE void exponentiate(Floats& x) {
  // 2^n e^r with an integer n and a small r; the polynomial of Cephes' expf.
  x = x > 88.0F ? Floats{} + 88.0F : x;
  x = x < -87.0F ? Floats{} - 87.0F : x;
  constexpr float kRoundingShift = 12582912.0F;
  const Floats n = (x * 1.44269504088896341F + kRoundingShift) - kRoundingShift;
  const Floats r = (x - n * 0.693359375F) + n * 2.12194440e-4F;
  Floats sum = r * 1.9875691500e-4F + 1.3981999507e-3F;
  sum = sum * r + 8.3334519073e-3F;
  sum = sum * r + 4.1665795894e-2F;
  sum = sum * r + 1.6666665459e-1F;
  sum = sum * r + 5.0000001201e-1F;
  sum = sum * r * r + r + 1.0F;
  const Ints bits = (__builtin_convertvector(n, Ints) + 127) << 23;
  Floats power;
  std::memcpy(&power, &bits, sizeof power);
  x = sum * power;
}

/// Rounds to nearest, ties to even; NaN stays NaN.
MICROFICHE_INLINE Bf16 to_bf16(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  if (value != value) {
    return {0x7FC0};
  }
  return {static_cast<uint16_t>((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16)};
}

MICROFICHE_INLINE float to_float(float value) {
  return value;
}

MICROFICHE_INLINE void load_floats(const float* from, Floats& to) {
  load(from, to);
}

MICROFICHE_INLINE void round_to(float value, float& to) {
  to = value;
}

MICROFICHE_INLINE void round_to(float value, Bf16& to) {
  to = to_bf16(value);
}

#ifdef __x86_64__
template <typename Job>
__attribute__((target("avx512f,avx512bw,avx512vl,avx512dq"))) void run_avx512(
    const Job& job) {
  job.run();
}

template <typename Job>
__attribute__((target("avx2,fma"))) void run_avx2(const Job& job) {
  job.run();
}
#endif

/// Calls `job.run()`, which must be `MICROFICHE_INLINE`, compiled for the best
/// of AVX-512, AVX2 and the compiler's default that this processor has.
template <typename Job>
void run_vectorized(const Job& job) {
#ifdef __x86_64__
  if (has_wide_vectors()) {
    run_avx512(job);
    return;
  }
  if (has_avx2()) {
    run_avx2(job);
    return;
  }
#endif
  job.run();
}

} // namespace microfiche::kernels
