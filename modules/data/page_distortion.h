#pragma once

#include "data/page_drawer.h"

namespace microfiche::data {

/// Moves the points and places of a page whose image was resized by
/// `factor`. The image itself is not changed.
void scale_points(PageSample& sample, double factor);

/// Rotates a page about its middle, counter-clockwise, with its points and
/// places. Pixels are interpolated linearly; the corners are filled with the
/// paper's grey, which the pixel at the top left has.
void rotate(PageSample& sample, double degrees);

} // namespace microfiche::data
