#include "analysis/altered_words.h"

#include "core/edit_distance.h"
#include "core/utf8.h"
#include "metrics/words.h"

namespace microfiche::analysis {
namespace {

using Words = std::vector<std::u32string>;

Words split_words(const std::string& text) {
  return metrics::split_at_spaces(decode_utf8(text).text);
}

/// For each word of the reference, the index of the aligned word of the
/// prediction; -1 if there is none.
std::vector<int64_t> align_words(
    const Words& reference,
    const Words& prediction) {
  const metrics::WordNumbers numbers(reference, prediction);
  std::vector<int64_t> aligned;
  int64_t position = 0;
  for (const auto& run : align_texts(numbers.reference, numbers.prediction)) {
    using Kind = EditRun::Kind;
    const bool both = run.kind == Kind::kEqual || run.kind == Kind::kSubstitute;
    for (int64_t i = 0; i < run.length; ++i) {
      if (both || run.kind == Kind::kDelete) {
        aligned.push_back(both ? position : -1);
      }
      position += both || run.kind == Kind::kInsert;
    }
  }
  return aligned;
}

} // namespace

AlteredWords count_altered_words(const sweep::Sample& sample) {
  AlteredWords found;
  if (sample.page.altered_words.empty()) {
    return found;
  }
  const auto reference = split_words(sample.page.reference);
  const auto prediction = split_words(sample.reading.text);
  const auto aligned = align_words(reference, prediction);
  for (const auto& [word, natural] : sample.page.altered_words) {
    const int64_t position = aligned.at(word);
    ++found.words;
    if (position >= 0) {
      found.read += prediction[position] == reference[word];
      found.corrected += prediction[position] == decode_utf8(natural).text;
    }
  }
  return found;
}

} // namespace microfiche::analysis
