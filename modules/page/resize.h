#pragma once

#include "page/page_image.h"

namespace microfiche::page {

/// Resizes as Pillow's `Image.resize((width, height), BICUBIC)` does, bit for
/// bit: a horizontal and then a vertical pass in fixed point, with 8 bits kept
/// in between; a pass whose side does not change is left out.
///
/// Throws `InputError` unless both sides are at least 1 and their product at
/// most `kMaxPixels`.
PageImage resize_bicubic(const PageImage& image, int64_t width, int64_t height);

/// Resizes to fit a square of `side` pixels, keeping the aspect, and centres
/// the result on `background`, as Pillow's `ImageOps.pad` does: sides and
/// offsets are rounded half to even.
PageImage
resize_and_pad(const PageImage& image, int64_t side, Colour background);

} // namespace microfiche::page
