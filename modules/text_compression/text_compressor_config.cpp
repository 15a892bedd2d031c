#include "text_compression/text_compressor_config.h"

#include "core/error.h"

#include <algorithm>
#include <utility>

namespace microfiche::text_compression {
namespace {

void check_used(
    int64_t value,
    int64_t standard,
    bool used,
    const char* field,
    const std::string& where) {
  check(
      used || value == standard,
      where,
      ".",
      field,
      ": has no effect with this method; leave it out");
  check(value >= 1, where, ".", field, ": must be at least 1, got ", value);
}

} // namespace

void validate(const TextCompressorConfig& config, const std::string& where) {
  const TextCompressorConfig standard;
  const bool pyramid = config.method == Method::kConvPyramid;
  const bool latents = config.method == Method::kLatentQueries;
  check_used(config.levels, standard.levels, pyramid, "levels", where);
  check_used(config.kernel, standard.kernel, pyramid, "kernel", where);
  check_used(config.layers, standard.layers, latents, "layers", where);
  check_used(config.heads, standard.heads, latents, "heads", where);
  check_used(
      config.max_vectors, standard.max_vectors, latents, "max_vectors", where);
  check(
      config.levels <= 16,
      where,
      ".levels: must be at most 16, got ",
      config.levels);
  check(
      config.kernel % 2 == 1,
      where,
      ".kernel: must be odd, so that it is symmetric around each position, got ",
      config.kernel);
  check(
      config.raw_last >= 0,
      where,
      ".raw_last: must not be negative, got ",
      config.raw_last);
  check(
      config.raw_last == 0 || pyramid || latents ||
          config.method == Method::kMeanPooling,
      where,
      ".raw_last: has no effect with this method, which does not compress");
}

std::vector<double> positions_in_vectors(
    const TextCompressorConfig& config,
    int64_t length,
    int64_t vectors) {
  check(
      config.has_fixed_count(),
      "text compressor: ",
      Json(config.method).get<std::string>(),
      " has no vectors with a position for each id");
  constexpr double kMiddle = 0.5;
  std::vector<double> positions(length + 1, -1);
  if (config.method == Method::kTruncationFirst ||
      config.method == Method::kTruncationLast) {
    const int64_t begin = config.method == Method::kTruncationLast
        ? std::max<int64_t>(length - vectors, 0)
        : 0;
    for (int64_t i = begin; i < std::min(begin + vectors, length); ++i) {
      positions[i] = static_cast<double>(i - begin) + kMiddle;
    }
    return positions;
  }
  const int64_t spans = vectors - config.raw_of(vectors);
  const auto per_id = static_cast<double>(spans) /
      static_cast<double>(std::max(length, int64_t{1}));
  for (int64_t i = 0; i < length; ++i) {
    positions[i] = (static_cast<double>(i) + kMiddle) * per_id;
  }
  const int64_t raw_begin =
      std::max<int64_t>(length - config.raw_of(vectors), 0);
  for (int64_t i = raw_begin; i < length; ++i) {
    positions[i] = static_cast<double>(spans + i - raw_begin) + kMiddle;
  }
  positions[length] = length > 0 ? positions[length - 1] : kMiddle;
  return positions;
}

} // namespace microfiche::text_compression
