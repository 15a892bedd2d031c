#include "metrics/score.h"

#include "core/utf8.h"

#include <algorithm>
#include <optional>

namespace microfiche::metrics {

double metric_value(const PageScores& scores, const std::string& name) {
  return scores.values[metric_index(name)];
}

PageTexts prepare_texts(
    std::string_view reference,
    std::string_view prediction,
    Normalization normalization) {
  return {
      normalize(decode_utf8(reference).text, normalization),
      normalize(decode_utf8(prediction).text, normalization)};
}

PageScores score_texts(const PageTexts& texts, const Profile& profile) {
  std::optional<PageTexts> swapped;
  if (profile.swapped) {
    swapped.emplace(texts.prediction(), texts.reference());
  }
  const auto& shown = profile.shown;
  PageScores scores;
  for (size_t i = 0; i < scores.values.size(); ++i) {
    const auto& metric = all_metrics()[i];
    const bool swap = swapped &&
        std::find(shown.begin(), shown.end(), metric.name) != shown.end();
    scores.values[i] = metric.score(swap ? *swapped : texts);
  }
  return scores;
}

PageScores score_page(
    std::string_view reference,
    std::string_view prediction,
    const Profile& profile) {
  return score_texts(
      prepare_texts(reference, prediction, profile.normalization), profile);
}

} // namespace microfiche::metrics
