#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "metrics/confidence.h"

namespace microfiche::metrics {

/// The ends of an interval for people: "[0.971, 0.985]".
std::string ends_text(double low, double high);

/// A mean with its percentile interval for people: "0.979 [0.971, 0.985]", the
/// mean with so many digits.
std::string interval_text(const Interval& interval, int mean_digits = 3);

/// Names the sets that have fewer than `kFewPages` pages, each with its number;
/// empty where there are none.
std::string few_pages_text(
    const std::vector<std::pair<std::string, int64_t>>& sets);

} // namespace microfiche::metrics
