#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "metrics/bootstrap.h"

namespace microfiche::metrics {

/// An interval as text: "[0.971, 0.985]".
std::string ends_text(double low, double high);

/// A mean with its percentile interval as text: "0.979 [0.971, 0.985]".
std::string interval_text(const Interval& interval, int mean_digits = 3);

/// A sentence that names the sets with fewer than `kFewPages` pages, with their
/// page counts. Empty if there are none.
std::string few_pages_text(
    const std::vector<std::pair<std::string, int64_t>>& sets);

} // namespace microfiche::metrics
