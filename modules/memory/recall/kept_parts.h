#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace microfiche::memory {

/// A part of a text, such as a sentence or a word, that may be kept.
struct TextPart {
  /// Index of the text.
  size_t text = 0;
  std::string words;
  int64_t tokens = 0;

  /// What it says; the score per token decides.
  double score = 0;
};

/// Of all parts those with the highest score per token that together take at
/// most `max_tokens`; of equal ones earlier parts, and a part that does not fit
/// is skipped. Each of the `num_texts` texts has its kept parts in their order,
/// with `separator` between them. `num_tokens` becomes what they take.
std::vector<std::string> keep_best_parts(
    const std::vector<TextPart>& parts,
    size_t num_texts,
    const std::string& separator,
    int64_t max_tokens,
    int64_t& num_tokens);

} // namespace microfiche::memory
