#pragma once

#include "core/random.h"
#include "rendering/page_renderer.h"

#include <cstdint>
#include <utility>
#include <vector>

namespace microfiche::data {

/// A point of a page and what stands there.
struct GlyphPoint {
  /// `label` where no character stands.
  static constexpr int64_t kBlank = 256;
  static constexpr int64_t kNumLabels = 257;

  float x_px = 0;
  float y_px = 0;
  /// First byte of the character, or `kBlank`.
  int64_t label = kBlank;
};

/// Draws `count` points in the middle of characters of `page`, a fraction
/// `loose` of them anywhere on it. The page is a square.
std::vector<GlyphPoint> draw_points(
    RandomStream& random,
    const rendering::RenderedPage& page,
    int64_t count,
    double loose);

/// Where each byte of the page's lines stands, and where an end would, as x and
/// y in px. White space stands behind the character before it.
std::vector<std::pair<float, float>> places_of(
    const rendering::RenderedPage& page);

} // namespace microfiche::data
