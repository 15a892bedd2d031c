#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace microfiche::page {

/// Red, green and blue, each in [0, 255].
struct Colour {
  uint8_t red = 0;
  uint8_t green = 0;
  uint8_t blue = 0;

  bool operator==(const Colour&) const = default;
};

/// The pixels of a page.
struct PageImage {
  int64_t width = 0;
  int64_t height = 0;

  /// H x W x 3, rows from the top, each pixel red, green, blue.
  std::vector<uint8_t> rgb;

  bool operator==(const PageImage&) const = default;
};

/// A page that was read from a file.
struct LoadedPage {
  PageImage image;

  /// Why the page may look different from what its author saw: one sentence
  /// each, without the file's name. Usually empty.
  std::vector<std::string> warnings;
};

/// A page of one colour. Throws `InputError` unless both sides are at least 1
/// and the page has at most `kMaxPixels` pixels.
PageImage make_page(int64_t width, int64_t height, Colour colour);

/// The height of a page of this width in about the shape of A4.
inline int64_t a4_height_px(int64_t width_px) {
  return width_px * 7 / 5;
}

/// The most pixels that a page may have: A4 at 600 dpi has half of them.
inline constexpr int64_t kMaxPixels = int64_t{1} << 26;

/// Throws `InputError`, whose message starts with `where`, unless the page has
/// at least one pixel, at most `kMaxPixels`, and three bytes per pixel.
void validate(const PageImage& image, const std::string& where);

/// Cuts out the part of `image` whose top left pixel is (x, y). Throws
/// `InputError` unless the part lies inside the image.
PageImage crop(
    const PageImage& image,
    int64_t x,
    int64_t y,
    int64_t width,
    int64_t height);

} // namespace microfiche::page
