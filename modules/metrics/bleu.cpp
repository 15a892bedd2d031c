#include "metrics/bleu.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <map>
#include <unordered_map>

namespace microfiche::metrics {
namespace {

constexpr size_t kMaxOrder = 4;

/// The words as numbers, equal words alike, over both texts.
std::vector<uint32_t> number_words(
    const std::vector<std::u32string>& words,
    std::unordered_map<std::u32string, uint32_t>& numbers) {
  std::vector<uint32_t> numbered;
  for (const auto& word : words) {
    const auto next = static_cast<uint32_t>(numbers.size());
    numbered.push_back(numbers.try_emplace(word, next).first->second);
  }
  return numbered;
}

std::map<std::vector<uint32_t>, int64_t> count_ngrams(
    const std::vector<uint32_t>& words,
    size_t order) {
  std::map<std::vector<uint32_t>, int64_t> counts;
  for (size_t i = 0; i + order <= words.size(); ++i) {
    ++counts[{words.begin() + i, words.begin() + i + order}];
  }
  return counts;
}

/// Matches of one n-gram order, an n-gram counting at most as often as the
/// reference has it.
int64_t clipped_matches(
    const std::vector<uint32_t>& reference,
    const std::vector<uint32_t>& prediction,
    size_t order) {
  const auto wanted = count_ngrams(reference, order);
  int64_t matches = 0;
  for (const auto& [ngram, count] : count_ngrams(prediction, order)) {
    const auto found = wanted.find(ngram);
    if (found != wanted.end()) {
      matches += std::min(count, found->second);
    }
  }
  return matches;
}

} // namespace

double bleu(
    const std::vector<std::u32string>& reference,
    const std::vector<std::u32string>& prediction) {
  std::unordered_map<std::u32string, uint32_t> numbers;
  const auto wanted = number_words(reference, numbers);
  const auto got = number_words(prediction, numbers);

  double log_precision = 0;
  for (size_t order = 1; order <= kMaxOrder; ++order) {
    const int64_t matches = clipped_matches(wanted, got, order);
    if (order == 1 && matches == 0) {
      return 0;
    }
    // A text shorter than the order has no n-gram of it.
    const size_t total = got.size() < order ? 1 : got.size() - order + 1;
    const double precision = matches == 0
        ? std::numeric_limits<double>::min()
        : static_cast<double>(matches) / static_cast<double>(total);
    log_precision += std::log(precision) / kMaxOrder;
  }
  const double brevity = got.size() > wanted.size()
      ? 1
      : std::exp(
            1 -
            static_cast<double>(wanted.size()) /
                static_cast<double>(got.size()));
  return brevity * std::exp(log_precision);
}

} // namespace microfiche::metrics
