#include <cmath>
#include <numbers>
#include <opencv2/imgproc.hpp>

#include "conditions/page/opencv_page.h"
#include "conditions/page/page_condition.h"

namespace microfiche::conditions {
namespace {

/// Moves the pixel at offset (x, y) from the page's middle to
/// (xx x + xy y, yx x + yy y); pixels are interpolated linearly, and
/// areas without a source show the paper.
page::PageImage warp(
    page::PageImage image,
    const PageContext& context,
    double xx,
    double xy,
    double yx,
    double yy) {
  const double x = static_cast<double>(image.width - 1) / 2;
  const double y = static_cast<double>(image.height - 1) / 2;
  const cv::Matx23d matrix(
      xx, xy, x - xx * x - xy * y, yx, yy, y - yx * x - yy * y);
  auto moved = image;
  cv::Mat to = as_mat(moved);
  cv::warpAffine(
      as_mat(image),
      to,
      matrix,
      to.size(),
      cv::INTER_LINEAR,
      cv::BORDER_CONSTANT,
      as_scalar(context.background));
  return moved;
}

double radians(double degrees) {
  return degrees * std::numbers::pi / 180;
}

} // namespace

std::vector<PageCondition> geometry() {
  return {
      {{"rotation",
        "the page turned about its middle, counter-clockwise",
        Strength{"degrees", -180, 180}},
       [](page::PageImage image,
          const PageContext& context,
          double degrees,
          RandomStream&) {
         const double c = std::cos(radians(degrees));
         const double s = std::sin(radians(degrees));
         return warp(std::move(image), context, c, s, -s, c);
       }},
      {{"skew",
        "upright strokes leaning to the left, lines staying level",
        Strength{"degrees", -60, 60}},
       [](page::PageImage image,
          const PageContext& context,
          double degrees,
          RandomStream&) {
         return warp(
             std::move(image), context, 1, std::tan(radians(degrees)), 0, 1);
       }}};
}

} // namespace microfiche::conditions
