#include "metrics/nelder_mead.h"

#include <algorithm>

namespace microfiche::metrics {
namespace {

constexpr int kMaxSteps = 2000;

/// a + factor * (b - a).
std::vector<double> between(
    const std::vector<double>& a,
    const std::vector<double>& b,
    double factor) {
  std::vector<double> point(a.size());
  for (size_t i = 0; i < a.size(); ++i) {
    point[i] = a[i] + factor * (b[i] - a[i]);
  }
  return point;
}

std::vector<double> centre_of_all_but_last(
    const std::vector<Minimum>& corners) {
  std::vector<double> centre(corners.front().point.size(), 0.0);
  for (size_t corner = 0; corner + 1 < corners.size(); ++corner) {
    for (size_t i = 0; i < centre.size(); ++i) {
      centre[i] +=
          corners[corner].point[i] / static_cast<double>(centre.size());
    }
  }
  return centre;
}

} // namespace

Minimum minimize(
    const std::function<double(const std::vector<double>&)>& function,
    const std::vector<double>& start,
    double step,
    double tolerance) {
  const auto at = [&](std::vector<double> point) {
    const double value = function(point);
    return Minimum{std::move(point), value};
  };
  std::vector<Minimum> corners = {at(start)};
  for (size_t i = 0; i < start.size(); ++i) {
    auto point = start;
    point[i] += step;
    corners.push_back(at(std::move(point)));
  }
  const auto sort = [&] {
    std::stable_sort(
        corners.begin(), corners.end(), [](const auto& a, const auto& b) {
          return a.value < b.value;
        });
  };
  sort();
  for (int i = 0; i < kMaxSteps; ++i) {
    Minimum& worst = corners.back();
    if (worst.value - corners.front().value < tolerance) {
      break;
    }
    const auto centre = centre_of_all_but_last(corners);
    auto reflected = at(between(centre, worst.point, -1));
    if (reflected.value < corners.front().value) {
      auto expanded = at(between(centre, worst.point, -2));
      worst = expanded.value < reflected.value ? expanded : reflected;
    } else if (reflected.value < corners[corners.size() - 2].value) {
      worst = reflected;
    } else {
      const bool outside = reflected.value < worst.value;
      auto contracted =
          at(between(centre, outside ? reflected.point : worst.point, 0.5));
      if (contracted.value < std::min(reflected.value, worst.value)) {
        worst = contracted;
      } else {
        for (size_t corner = 1; corner < corners.size(); ++corner) {
          corners[corner] =
              at(between(corners.front().point, corners[corner].point, 0.5));
        }
      }
    }
    sort();
  }
  return corners.front();
}

} // namespace microfiche::metrics
