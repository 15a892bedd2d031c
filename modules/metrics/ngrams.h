#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace microfiche::metrics {

/// Counts of the n-grams of one order in two texts, and of their matches. The
/// matches of an n-gram are the smaller of its two counts.
struct NgramMatches {
  int64_t reference = 0;
  int64_t prediction = 0;
  int64_t matches = 0;
};

/// The matches of the orders 1 to `max_order`. A symbol is a code point, or the
/// number of a word.
std::vector<NgramMatches> match_ngrams(
    std::u32string_view reference,
    std::u32string_view prediction,
    size_t max_order);

} // namespace microfiche::metrics
