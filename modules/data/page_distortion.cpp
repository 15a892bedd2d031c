#include "data/page_distortion.h"

#include <opencv2/imgproc.hpp>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace microfiche::data {
namespace {

/// Applies `move` to each point; results stay inside the page.
template <typename Move>
void move_points(PageSample& sample, Move&& move) {
  // The last pixel's centre: a point belongs to a vision token of the page.
  const float last = static_cast<float>(sample.side_px) - 0.5F;
  const auto inside = [last](double value) {
    return std::clamp(static_cast<float>(value), 0.0F, last);
  };
  for (auto& point : sample.points) {
    const auto [x, y] = move(point.x_px, point.y_px);
    point.x_px = inside(x);
    point.y_px = inside(y);
  }
  for (auto& place : sample.places) {
    const auto [x, y] = move(place.first, place.second);
    place = {inside(x), inside(y)};
  }
}

} // namespace

void scale_points(PageSample& sample, double factor) {
  move_points(sample, [factor](double x, double y) {
    return std::pair{x * factor, y * factor};
  });
}

void rotate(PageSample& sample, double degrees) {
  const double radians = degrees * std::numbers::pi / 180;
  const double c = std::cos(radians);
  const double s = std::sin(radians);
  const int side = static_cast<int>(sample.side_px);
  const double middle = static_cast<double>(side - 1) / 2;
  const cv::Matx23d matrix(
      c,
      s,
      middle - c * middle - s * middle,
      -s,
      c,
      middle + s * middle - c * middle);
  const auto before = sample.pixels;
  const cv::Mat from(side, side, CV_8UC1, const_cast<uint8_t*>(before.data()));
  cv::Mat to(side, side, CV_8UC1, sample.pixels.data());
  cv::warpAffine(
      from,
      to,
      matrix,
      to.size(),
      cv::INTER_LINEAR,
      cv::BORDER_CONSTANT,
      cv::Scalar(before[0]));
  move_points(sample, [&](double x, double y) {
    // Pixel i covers [i, i + 1); OpenCV counts from its centre.
    const double from_x = x - 0.5;
    const double from_y = y - 0.5;
    return std::pair{
        matrix(0, 0) * from_x + matrix(0, 1) * from_y + matrix(0, 2) + 0.5,
        matrix(1, 0) * from_x + matrix(1, 1) * from_y + matrix(1, 2) + 0.5};
  });
}

} // namespace microfiche::data
