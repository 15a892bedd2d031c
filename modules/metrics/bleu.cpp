#include "metrics/bleu.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "metrics/ngrams.h"

namespace microfiche::metrics {
namespace {

constexpr size_t kMaxWords = 4;

} // namespace

double bleu(std::u32string_view reference, std::u32string_view prediction) {
  const auto orders = match_ngrams(reference, prediction, kMaxWords);
  if (orders.front().matches == 0) {
    return 0;
  }
  double log_precision = 0;
  for (const auto& order : orders) {
    // A text shorter than the order has no such n-gram.
    const auto total = std::max<int64_t>(order.prediction, 1);
    const double precision = order.matches == 0
        ? std::numeric_limits<double>::min()
        : static_cast<double>(order.matches) / static_cast<double>(total);
    log_precision += std::log(precision) / kMaxWords;
  }
  const double brevity = prediction.size() > reference.size()
      ? 1
      : std::exp(
            1 -
            static_cast<double>(reference.size()) /
                static_cast<double>(prediction.size()));
  return brevity * std::exp(log_precision);
}

} // namespace microfiche::metrics
