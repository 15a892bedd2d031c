#include "metrics/edit_rates.h"

namespace microfiche::metrics {

double share(int64_t part, int64_t whole) {
  if (whole == 0) {
    return part == 0 ? 0 : 1;
  }
  return static_cast<double>(part) / static_cast<double>(whole);
}

double normalized_edit_distance(const PageTexts& texts) {
  return share(texts.character_edits(), texts.longer_length());
}

double character_error_rate(const PageTexts& texts) {
  return share(texts.character_edits(), std::ssize(texts.reference()));
}

double word_error_rate(const PageTexts& texts) {
  return share(texts.word_edits(), std::ssize(texts.words().reference));
}

double length_ratio(const PageTexts& texts) {
  return share(std::ssize(texts.prediction()), std::ssize(texts.reference()));
}

} // namespace microfiche::metrics
