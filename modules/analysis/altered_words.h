#pragma once

#include <cstdint>

#include "sweep/sample.h"

namespace microfiche::analysis {

/// Counts of words that a condition changed, by how they were read.
struct AlteredWords {
  int64_t words = 0;

  /// Read as on the page.
  int64_t read = 0;

  /// Read as the original word: the model's knowledge of the language overrode
  /// the page.
  int64_t corrected = 0;
};

/// Compares each altered word of a page with the word that a shortest alignment
/// of words assigns to it in the prediction.
AlteredWords count_altered_words(const sweep::Sample& sample);

} // namespace microfiche::analysis
