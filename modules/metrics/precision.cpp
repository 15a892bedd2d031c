#include "metrics/precision.h"

#include <algorithm>
#include <iterator>
#include <string>

namespace microfiche::metrics {
namespace {

/// Overlap of two sorted lists. An element matches at most one element of the
/// other list.
Overlap sorted_overlap(
    const std::u32string& reference,
    const std::u32string& prediction) {
  if (reference.empty() || prediction.empty()) {
    const double both = reference.empty() && prediction.empty() ? 1 : 0;
    return {both, both, both};
  }
  std::u32string common;
  std::set_intersection(
      reference.begin(),
      reference.end(),
      prediction.begin(),
      prediction.end(),
      std::back_inserter(common));
  const auto shared = static_cast<double>(common.size());
  const auto total = static_cast<double>(reference.size() + prediction.size());
  return {
      shared / static_cast<double>(prediction.size()),
      shared / static_cast<double>(reference.size()),
      2 * shared / total};
}

std::u32string sorted(std::u32string_view symbols) {
  std::u32string ordered(symbols);
  std::sort(ordered.begin(), ordered.end());
  return ordered;
}

std::u32string sorted_set(std::u32string_view symbols) {
  auto ordered = sorted(symbols);
  ordered.erase(std::unique(ordered.begin(), ordered.end()), ordered.end());
  return ordered;
}

} // namespace

Overlap set_overlap(
    std::u32string_view reference,
    std::u32string_view prediction) {
  return sorted_overlap(sorted_set(reference), sorted_set(prediction));
}

Overlap bag_overlap(
    std::u32string_view reference,
    std::u32string_view prediction) {
  return sorted_overlap(sorted(reference), sorted(prediction));
}

} // namespace microfiche::metrics
