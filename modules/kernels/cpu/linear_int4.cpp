#include "kernels/cpu/linear.h"

#include "kernels/cpu/aligned_bytes.h"
#include "kernels/cpu/vector.h"

#include <algorithm>

namespace microfiche::kernels {
namespace {

// Bytes of converted weights, which stay in the second-level cache.
constexpr int64_t kFloatBytes = 1 << 18;

/// Converts the channels [begin, end) to float32.
struct Int4ToFloatJob {
  const LinearProduct& product;
  int64_t begin;
  int64_t end;
  float* to;

  MICROFICHE_INLINE void run() const {
    if (product.groups.is_bf16) {
      convert<Bf16>();
    } else {
      convert<float>();
    }
  }

  template <typename Scale>
  MICROFICHE_INLINE void convert() const {
    const int64_t in = product.in;
    const int64_t size = product.groups.size;
    const int64_t first = begin * in / size;
    const auto* bytes =
        static_cast<const uint8_t*>(product.weight) + begin * in / 2;
    const auto* scales =
        static_cast<const Scale*>(product.groups.scale) + first;
    const auto* zero_points =
        static_cast<const Scale*>(product.groups.zero_point);
    for (int64_t g = 0; g < (end - begin) * in / size; ++g) {
      const float scale = to_float(scales[g]);
      const float zero =
          8 + (zero_points == nullptr ? 0 : to_float(zero_points[first + g]));
      for (int64_t i = g * size; i < (g + 1) * size; i += 2) {
        const int byte = bytes[i / 2];
        to[i] = (static_cast<float>(byte & 15) - zero) * scale;
        to[i + 1] = (static_cast<float>(byte >> 4) - zero) * scale;
      }
    }
  }
};

} // namespace

void linear_cpu_int4(const LinearProduct& product, int64_t begin, int64_t end) {
  thread_local AlignedBytes buffer;
  const int64_t channel_bytes =
      product.in * static_cast<int64_t>(sizeof(float));
  // Whole blocks of four.
  const int64_t step =
      std::max<int64_t>(4, kFloatBytes / channel_bytes / 4 * 4);
  buffer.resize(step * channel_bytes);
  auto* weights = reinterpret_cast<float*>(buffer.data());
  for (int64_t n = begin; n < end; n += step) {
    const int64_t last = std::min(end, n + step);
    run_vectorized(Int4ToFloatJob{product, n, last, weights});
    auto part = product;
    part.type = WeightType::kFloat32;
    part.weight = weights;
    part.y = static_cast<char*>(product.y) + n * (product.x_is_bf16 ? 2 : 4);
    part.bias = product.bias == nullptr ? nullptr : product.bias + n;
    linear_cpu(part, 0, last - n);
  }
}

} // namespace microfiche::kernels
