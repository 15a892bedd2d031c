#pragma once

#include <opencv2/core.hpp>

#include "page/page_image.h"

namespace microfiche::conditions {

/// The pixels of a page as OpenCV sees them, without a copy: (H, W), three
/// channels of 8 bits in the order red, green, blue. The page must outlive it.
inline cv::Mat as_mat(page::PageImage& image) {
  return cv::Mat(
      static_cast<int>(image.height),
      static_cast<int>(image.width),
      CV_8UC3,
      image.rgb.data());
}

inline cv::Scalar as_scalar(page::Colour colour) {
  return cv::Scalar(colour.red, colour.green, colour.blue);
}

} // namespace microfiche::conditions
