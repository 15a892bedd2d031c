#pragma once

#include "page/page_image.h"

namespace microfiche::page {

// Note [Pillow's bicubic]
// Pillow resizes in two passes, one along each side, in fixed point, and keeps
// 8 bits between them; so the order of the passes shows in the pixels. Up to
// version 12 the horizontal pass always came first. Version 13 begins with the
// vertical one when the height shrinks by more than twice as many pixels as the
// width (python-pillow/Pillow pull request 9549); the reference views of the
// parity cases were made so, and so does this. A pass whose side does not
// change is left out.

/// Resizes as `Image.resize((width, height), BICUBIC)` of Pillow 13 does, bit
/// for bit; see Note [Pillow's bicubic].
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
