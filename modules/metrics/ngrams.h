#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace microfiche::metrics {

/// How often the n-grams of one order come in two texts, and in both: an n-gram
/// matches as often as the text that has it more seldom.
struct NgramMatches {
  int64_t reference = 0;
  int64_t prediction = 0;
  int64_t matches = 0;
};

/// The matches of orders 1 to `max_order`, in this order. A symbol is a code
/// point, or the number of a word.
std::vector<NgramMatches> match_ngrams(
    std::u32string_view reference,
    std::u32string_view prediction,
    size_t max_order);

} // namespace microfiche::metrics
