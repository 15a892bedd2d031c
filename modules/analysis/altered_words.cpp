#include "analysis/altered_words.h"

#include <map>

#include "core/utf8.h"
#include "core/edit_distance.h"
#include "metrics/words.h"

namespace microfiche::analysis {
namespace {

using Words = std::vector<std::u32string>;

Words words_of_text(const std::string& text) {
  return metrics::split_at_spaces(decode_utf8(text).text);
}

/// Words as symbols, the same word always as the same one.
class WordNumbers {
 public:
  std::u32string number(const Words& words) {
    std::u32string symbols;
    for (const auto& word : words) {
      symbols += static_cast<char32_t>(
          numbers_.try_emplace(word, numbers_.size()).first->second);
    }
    return symbols;
  }

 private:
  std::map<std::u32string, size_t> numbers_;
};

/// For each word of the reference the one of the prediction that stands in its
/// place; -1 where there is none.
std::vector<int64_t> place_in_prediction(
    const Words& reference,
    const Words& prediction) {
  WordNumbers numbers;
  const auto from = numbers.number(reference);
  const auto to = numbers.number(prediction);
  std::vector<int64_t> places;
  int64_t at = 0;
  for (const auto& run : align_texts(from, to)) {
    using Kind = EditRun::Kind;
    const bool both = run.kind == Kind::kEqual || run.kind == Kind::kSubstitute;
    for (int64_t i = 0; i < run.length; ++i) {
      if (both || run.kind == Kind::kDelete) {
        places.push_back(both ? at : -1);
      }
      at += both || run.kind == Kind::kInsert;
    }
  }
  return places;
}

} // namespace

AlteredWords count_altered_words(const sweep::Sample& sample) {
  AlteredWords found;
  if (sample.page.altered_words.empty()) {
    return found;
  }
  const auto reference = words_of_text(sample.page.reference);
  const auto prediction = words_of_text(sample.reading.text);
  const auto places = place_in_prediction(reference, prediction);
  for (const auto& [word, natural] : sample.page.altered_words) {
    const int64_t place = places.at(word);
    ++found.words;
    if (place >= 0) {
      found.read += prediction[place] == reference[word];
      found.corrected +=
          prediction[place] == decode_utf8(natural).text;
    }
  }
  return found;
}

} // namespace microfiche::analysis
