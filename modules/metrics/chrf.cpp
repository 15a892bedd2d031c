#include "metrics/chrf.h"

#include <algorithm>
#include <string>

#include "metrics/ngrams.h"
#include "metrics/white_space.h"

namespace microfiche::metrics {
namespace {

constexpr size_t kMaxCharacters = 6;
constexpr double kRecallWeight = 2.0 * 2.0;

std::u32string without_spaces(std::u32string_view text) {
  std::u32string kept(text);
  kept.erase(std::remove_if(kept.begin(), kept.end(), is_space), kept.end());
  return kept;
}

} // namespace

double chrf(std::u32string_view reference, std::u32string_view prediction) {
  const auto orders = match_ngrams(
      without_spaces(reference), without_spaces(prediction), kMaxCharacters);
  double precision = 0;
  double recall = 0;
  int num_orders = 0;
  for (const auto& order : orders) {
    if (order.reference > 0 && order.prediction > 0) {
      const auto matches = static_cast<double>(order.matches);
      precision += matches / static_cast<double>(order.prediction);
      recall += matches / static_cast<double>(order.reference);
      ++num_orders;
    }
  }
  if (precision + recall == 0) {
    return 0;
  }
  precision /= num_orders;
  recall /= num_orders;
  return (1 + kRecallWeight) * precision * recall /
      (kRecallWeight * precision + recall);
}

} // namespace microfiche::metrics
