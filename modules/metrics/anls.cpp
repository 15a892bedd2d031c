#include "metrics/anls.h"

#include "metrics/edit_rates.h"
#include "metrics/text_normalization.h"

namespace microfiche::metrics {
namespace {

constexpr double kAnlsThreshold = 0.5;

} // namespace

double anls(std::u32string_view reference, std::u32string_view prediction) {
  const PageTexts texts(
      collapse_spaces(lower_case(reference)),
      collapse_spaces(lower_case(prediction)));
  const double distance = normalized_edit_distance(texts);
  return distance < kAnlsThreshold ? 1 - distance : 0;
}

} // namespace microfiche::metrics
