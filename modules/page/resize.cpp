#include "page/resize.h"

#include "core/error.h"

#include <algorithm>
#include <array>
#include <cmath>

// in, out = pixels along the side that a pass changes; taps = input pixels per
// output pixel.

namespace microfiche::page {
namespace {

// Weights are fixed-point numbers with this many fractional bits: 32 bits less
// 8 for the pixel and 2 because weights may exceed 1 and be negative.
constexpr int kFractionalBits = 32 - 8 - 2;

/// The input pixels of each output pixel, and their weights.
struct Weights {
  /// First input pixel of each output pixel.
  std::vector<int64_t> first;
  /// Number of input pixels of each output pixel.
  std::vector<int64_t> taps;
  /// out x max_taps; unused weights are 0.
  std::vector<int32_t> values;
  int64_t max_taps = 0;
};

/// The cubic convolution kernel with a = -0.5 (Keys 1981, "Cubic convolution
/// interpolation for digital image processing").
double cubic(double x) {
  constexpr double a = -0.5;
  x = std::abs(x);
  if (x < 1.0) {
    return ((a + 2.0) * x - (a + 3.0)) * x * x + 1.0;
  }
  if (x < 2.0) {
    return (((x - 5.0) * x + 8.0) * x - 4.0) * a;
  }
  return 0.0;
}

int32_t to_fixed_point(double weight) {
  const double scaled = weight * (1 << kFractionalBits);
  return static_cast<int32_t>(scaled < 0 ? scaled - 0.5 : scaled + 0.5);
}

Weights make_weights(int64_t in, int64_t out) {
  const double scale = static_cast<double>(in) / static_cast<double>(out);
  // Shrinking widens the kernel, so that every input pixel counts.
  const double kernel_scale = std::max(scale, 1.0);
  const double support = 2.0 * kernel_scale;
  const double inverse = 1.0 / kernel_scale;

  Weights weights;
  weights.max_taps = static_cast<int64_t>(std::ceil(support)) * 2 + 1;
  weights.first.resize(static_cast<size_t>(out));
  weights.taps.resize(static_cast<size_t>(out));
  weights.values.assign(static_cast<size_t>(out * weights.max_taps), 0);
  std::vector<double> exact(static_cast<size_t>(weights.max_taps));
  for (int64_t i = 0; i < out; ++i) {
    const double centre = (static_cast<double>(i) + 0.5) * scale;
    const int64_t first =
        std::max(static_cast<int64_t>(centre - support + 0.5), int64_t{0});
    const int64_t taps =
        std::min(static_cast<int64_t>(centre + support + 0.5), in) - first;
    double sum = 0.0;
    for (int64_t k = 0; k < taps; ++k) {
      const double distance =
          (static_cast<double>(k + first) - centre + 0.5) * inverse;
      sum += exact[k] = cubic(distance);
    }
    weights.first[i] = first;
    weights.taps[i] = taps;
    for (int64_t k = 0; k < taps; ++k) {
      weights.values[i * weights.max_taps + k] =
          to_fixed_point(sum != 0.0 ? exact[k] / sum : exact[k]);
    }
  }
  return weights;
}

constexpr int32_t kHalf = 1 << (kFractionalBits - 1);

uint8_t to_byte(int32_t sum) {
  return static_cast<uint8_t>(std::clamp(sum >> kFractionalBits, 0, 255));
}

PageImage resize_width(const PageImage& image, int64_t width) {
  if (width == image.width) {
    return image;
  }
  const Weights weights = make_weights(image.width, width);
  PageImage resized{width, image.height, {}};
  resized.rgb.resize(static_cast<size_t>(width * image.height * 3));
  for (int64_t y = 0; y < image.height; ++y) {
    const uint8_t* row = image.rgb.data() + y * image.width * 3;
    uint8_t* out = resized.rgb.data() + y * width * 3;
    for (int64_t x = 0; x < width; ++x) {
      const uint8_t* pixel = row + weights.first[x] * 3;
      const int32_t* weight = weights.values.data() + x * weights.max_taps;
      std::array<int32_t, 3> sum = {kHalf, kHalf, kHalf};
      for (int64_t k = 0; k < weights.taps[x]; ++k) {
        for (int64_t channel = 0; channel < 3; ++channel) {
          sum[channel] += pixel[k * 3 + channel] * weight[k];
        }
      }
      for (int64_t channel = 0; channel < 3; ++channel) {
        out[x * 3 + channel] = to_byte(sum[channel]);
      }
    }
  }
  return resized;
}

PageImage resize_height(const PageImage& image, int64_t height) {
  if (height == image.height) {
    return image;
  }
  const Weights weights = make_weights(image.height, height);
  const int64_t stride = image.width * 3;
  PageImage resized{image.width, height, {}};
  resized.rgb.resize(static_cast<size_t>(stride * height));
  std::vector<int32_t> sums(static_cast<size_t>(stride));
  for (int64_t y = 0; y < height; ++y) {
    std::fill(sums.begin(), sums.end(), kHalf);
    for (int64_t k = 0; k < weights.taps[y]; ++k) {
      const uint8_t* row = image.rgb.data() + (weights.first[y] + k) * stride;
      const int32_t weight = weights.values[y * weights.max_taps + k];
      for (int64_t x = 0; x < stride; ++x) {
        sums[x] += row[x] * weight;
      }
    }
    std::transform(
        sums.begin(), sums.end(), resized.rgb.begin() + y * stride, to_byte);
  }
  return resized;
}

/// See Note [Pillow's bicubic].
bool vertical_pass_first(
    const PageImage& image,
    int64_t width,
    int64_t height) {
  return image.height > height &&
      image.height - height > 2 * (image.width - width);
}

/// Half to even, as Python's `round`.
int64_t round_half_to_even(double value) {
  return static_cast<int64_t>(std::nearbyint(value));
}

} // namespace

PageImage
resize_bicubic(const PageImage& image, int64_t width, int64_t height) {
  validate(image, "resize_bicubic");
  check(
      width >= 1 && height >= 1 && width <= kMaxPixels / height,
      "resize_bicubic: expected sides of at least 1 and at most ",
      kMaxPixels,
      " pixels, got ",
      width,
      " x ",
      height);
  if (vertical_pass_first(image, width, height)) {
    return resize_width(resize_height(image, height), width);
  }
  return resize_height(resize_width(image, width), height);
}

PageImage
resize_and_pad(const PageImage& image, int64_t side, Colour background) {
  validate(image, "resize_and_pad");
  const double width = static_cast<double>(image.width);
  const double height = static_cast<double>(image.height);
  const double target = static_cast<double>(side);
  const int64_t new_width = image.width < image.height
      ? round_half_to_even(width / height * target)
      : side;
  const int64_t new_height = image.height < image.width
      ? round_half_to_even(height / width * target)
      : side;
  if (new_width == 0 || new_height == 0) {
    return make_page(side, side, background);
  }
  const PageImage resized = resize_bicubic(image, new_width, new_height);
  if (new_width == side && new_height == side) {
    return resized;
  }

  PageImage padded = make_page(side, side, background);
  const int64_t left =
      round_half_to_even(static_cast<double>(side - new_width) * 0.5);
  const int64_t top =
      round_half_to_even(static_cast<double>(side - new_height) * 0.5);
  for (int64_t y = 0; y < new_height; ++y) {
    std::copy_n(
        resized.rgb.begin() + y * new_width * 3,
        new_width * 3,
        padded.rgb.begin() + ((top + y) * side + left) * 3);
  }
  return padded;
}

} // namespace microfiche::page
