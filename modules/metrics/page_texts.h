#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "metrics/words.h"

namespace microfiche::metrics {

/// The two texts of a page, normalised, as characters and as words. Words and
/// edit distances are computed on first use and cached, so that metrics share
/// them. Not thread-safe.
class PageTexts {
 public:
  PageTexts(std::u32string reference, std::u32string prediction);

  const std::u32string& reference() const {
    return reference_;
  }

  const std::u32string& prediction() const {
    return prediction_;
  }

  /// Characters of the longer text.
  int64_t longer_length() const;

  const WordPair& words() const;

  const WordNumbers& word_numbers() const;

  /// Edit distance in characters.
  int64_t character_edits() const;

  /// Edit distance in words.
  int64_t word_edits() const;

 private:
  std::u32string reference_;
  std::u32string prediction_;
  mutable std::optional<WordPair> words_;
  mutable std::optional<WordNumbers> word_numbers_;
  mutable std::optional<int64_t> character_edits_;
  mutable std::optional<int64_t> word_edits_;
};

} // namespace microfiche::metrics
