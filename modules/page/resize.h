#pragma once

#include "page/page_image.h"

namespace microfiche::page {

// Note [Pillow's bicubic]
// Pillow resizes in two passes, one per side, in fixed point, and keeps 8 bits
// between them. So the order of the passes changes the pixels. Up to version 12
// the horizontal pass always comes first. Version 13 begins with the vertical
// pass when the height shrinks by more than twice as many pixels as the width
// (python-pillow/Pillow pull request 9549). The reference views of the parity
// cases come from version 13, which this code follows. A pass that does not
// change its side is skipped.

/// Resizes as `Image.resize((width, height), BICUBIC)` of Pillow 13 does, bit
/// for bit; see Note [Pillow's bicubic].
///
/// Throws `InputError` unless both sides are at least 1 and their product at
/// most `kMaxPixels`.
PageImage resize_bicubic(const PageImage& image, int64_t width, int64_t height);

/// Resizes to fit a square of `side` pixels, keeps the aspect ratio and centres
/// the result on `background`, as Pillow's `ImageOps.pad` does. Sides and
/// offsets are rounded half to even.
PageImage
resize_and_pad(const PageImage& image, int64_t side, Colour background);

} // namespace microfiche::page
