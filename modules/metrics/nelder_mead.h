#pragma once

#include <functional>
#include <vector>

namespace microfiche::metrics {

/// A point and the value of the function there.
struct Minimum {
  std::vector<double> point;
  double value = 0;
};

/// Searches a minimum near `start`, without derivatives. The search begins with
/// a simplex of the size `step` and stops when the values of its corners differ
/// by less than `tolerance`, or after 2,000 steps. The function may return
/// infinity.
///
/// Source: Nelder and Mead, The Computer Journal 7 (1965); the coefficients are
/// reflection 1, expansion 2, contraction 1/2, shrinkage 1/2.
Minimum minimize(
    const std::function<double(const std::vector<double>&)>& function,
    const std::vector<double>& start,
    double step = 0.5,
    double tolerance = 1e-10);

} // namespace microfiche::metrics
