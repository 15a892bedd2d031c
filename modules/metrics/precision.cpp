#include "metrics/precision.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace microfiche::metrics {
namespace {

/// Overlap of two sorted lists, an element matching at most one of the other.
Overlap sorted_overlap(
    const std::vector<std::u32string>& reference,
    const std::vector<std::u32string>& prediction) {
  if (reference.empty() || prediction.empty()) {
    const double both = reference.empty() && prediction.empty() ? 1 : 0;
    return {both, both, both};
  }
  std::vector<std::u32string> common;
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

std::vector<std::u32string> sorted(std::vector<std::u32string> words) {
  std::sort(words.begin(), words.end());
  return words;
}

std::vector<std::u32string> sorted_set(std::vector<std::u32string> words) {
  std::sort(words.begin(), words.end());
  words.erase(std::unique(words.begin(), words.end()), words.end());
  return words;
}

} // namespace

Overlap set_overlap(
    const std::vector<std::u32string>& reference,
    const std::vector<std::u32string>& prediction) {
  return sorted_overlap(sorted_set(reference), sorted_set(prediction));
}

Overlap bag_overlap(
    const std::vector<std::u32string>& reference,
    const std::vector<std::u32string>& prediction) {
  return sorted_overlap(sorted(reference), sorted(prediction));
}

} // namespace microfiche::metrics
