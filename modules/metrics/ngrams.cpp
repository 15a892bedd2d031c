#include "metrics/ngrams.h"

#include <algorithm>
#include <unordered_map>

namespace microfiche::metrics {
namespace {

/// The number of the n-gram that starts at each position of a text.
using NgramNumbers = std::vector<uint32_t>;

/// Makes n-grams one symbol longer. Equal n-grams have equal numbers in both
/// texts if both calls share `numbers`.
void extend_ngrams(
    NgramNumbers& ngrams,
    std::u32string_view text,
    size_t order,
    std::unordered_map<uint64_t, uint32_t>& numbers) {
  ngrams.resize(text.size() < order ? 0 : text.size() - order + 1);
  for (size_t i = 0; i < ngrams.size(); ++i) {
    const uint64_t key = uint64_t{ngrams[i]} << 32 | text[i + order - 1];
    const auto next = static_cast<uint32_t>(numbers.size());
    ngrams[i] = numbers.try_emplace(key, next).first->second;
  }
}

int64_t count_matches(
    const NgramNumbers& reference,
    const NgramNumbers& prediction,
    size_t num_ngrams) {
  std::vector<int64_t> left(num_ngrams, 0);
  for (const uint32_t ngram : reference) {
    ++left[ngram];
  }
  return std::count_if(
      prediction.begin(), prediction.end(), [&](uint32_t ngram) {
        return left[ngram]-- > 0;
      });
}

} // namespace

std::vector<NgramMatches> match_ngrams(
    std::u32string_view reference,
    std::u32string_view prediction,
    size_t max_order) {
  NgramNumbers wanted(reference.size(), 0);
  NgramNumbers got(prediction.size(), 0);
  std::vector<NgramMatches> orders;
  for (size_t order = 1; order <= max_order; ++order) {
    std::unordered_map<uint64_t, uint32_t> numbers;
    extend_ngrams(wanted, reference, order, numbers);
    extend_ngrams(got, prediction, order, numbers);
    orders.push_back(
        {static_cast<int64_t>(wanted.size()),
         static_cast<int64_t>(got.size()),
         count_matches(wanted, got, numbers.size())});
  }
  return orders;
}

} // namespace microfiche::metrics
