#include "metrics/page_texts.h"

#include <algorithm>
#include <utility>

#include "core/edit_distance.h"

namespace microfiche::metrics {

PageTexts::PageTexts(std::u32string reference, std::u32string prediction)
    : reference_(std::move(reference)), prediction_(std::move(prediction)) {}

int64_t PageTexts::longer_length() const {
  return std::max(std::ssize(reference_), std::ssize(prediction_));
}

const WordPair& PageTexts::words() const {
  if (!words_) {
    words_.emplace(reference_, prediction_);
  }
  return *words_;
}

const WordNumbers& PageTexts::word_numbers() const {
  if (!word_numbers_) {
    word_numbers_.emplace(words().reference, words().prediction);
  }
  return *word_numbers_;
}

int64_t PageTexts::character_edits() const {
  if (!character_edits_) {
    character_edits_ = edit_distance(reference_, prediction_);
  }
  return *character_edits_;
}

int64_t PageTexts::word_edits() const {
  if (!word_edits_) {
    const auto& numbers = word_numbers();
    word_edits_ = edit_distance(numbers.reference, numbers.prediction);
  }
  return *word_edits_;
}

} // namespace microfiche::metrics
