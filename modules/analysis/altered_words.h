#pragma once

#include <cstdint>

#include "sweep/sample.h"

namespace microfiche::analysis {

/// What became of words that a condition had changed.
struct AlteredWords {
  int64_t words = 0;

  /// Read as they stand on the page.
  int64_t read = 0;

  /// Written as they were before: the model's knowledge of the language
  /// overrode what it saw.
  int64_t corrected = 0;
};

/// Looks for each altered word of a page where a shortest alignment of words
/// has it in the prediction; all 0 for a page without altered words.
AlteredWords count_altered_words(const sweep::Sample& sample);

} // namespace microfiche::analysis
