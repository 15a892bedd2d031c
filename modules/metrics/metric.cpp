#include "metrics/metric.h"

#include <algorithm>

#include "core/config.h"
#include "core/error.h"
#include "metrics/anls.h"
#include "metrics/bleu.h"
#include "metrics/chrf.h"
#include "metrics/edit_rates.h"
#include "metrics/meteor.h"
#include "metrics/precision.h"
#include "metrics/repetition.h"

namespace microfiche::metrics {
namespace {

using Texts = const PageTexts&;

Overlap word_sets(Texts texts) {
  const auto& words = texts.word_numbers();
  return set_overlap(words.reference, words.prediction);
}

Overlap word_bags(Texts texts) {
  const auto& words = texts.word_numbers();
  return bag_overlap(words.reference, words.prediction);
}

double word_bleu(Texts texts) {
  const auto& words = texts.word_numbers();
  return bleu(words.reference, words.prediction);
}

double looped(Texts texts) {
  return ends_in_loop(texts.prediction()) && !ends_in_loop(texts.reference());
}

} // namespace

const std::vector<Metric>& all_metrics() {
  constexpr auto kWords = MetricUnit::kWords;
  constexpr auto kCharacters = MetricUnit::kCharacters;
  constexpr bool kUp = true, kDown = false, kFraction = true, kNumber = false;
  // clang-format off
  static const std::vector<Metric> metrics = {
      {"set_precision", "set-of-words precision", kWords, kUp, kFraction, [](Texts t) { return word_sets(t).precision; }},
      {"set_recall", "set-of-words recall", kWords, kUp, kFraction, [](Texts t) { return word_sets(t).recall; }},
      {"set_f1", "set-of-words F1", kWords, kUp, kFraction, [](Texts t) { return word_sets(t).f1; }},
      {"bag_precision", "bag-of-words precision", kWords, kUp, kFraction, [](Texts t) { return word_bags(t).precision; }},
      {"bag_recall", "bag-of-words recall", kWords, kUp, kFraction, [](Texts t) { return word_bags(t).recall; }},
      {"bag_f1", "bag-of-words F1", kWords, kUp, kFraction, [](Texts t) { return word_bags(t).f1; }},
      {"edit_similarity", "1 \u2212 normalised edit distance", kCharacters, kUp, kFraction, [](Texts t) { return 1 - normalized_edit_distance(t); }},
      {"normalized_edit_distance", "normalised edit distance", kCharacters, kDown, kFraction, normalized_edit_distance},
      {"cer", "character error rate", kCharacters, kDown, kNumber, character_error_rate},
      {"wer", "word error rate", kWords, kDown, kNumber, word_error_rate},
      {"bleu", "BLEU-4", kWords, kUp, kFraction, word_bleu},
      {"meteor", "METEOR (exact, stem)", kWords, kUp, kFraction, [](Texts t) { return meteor(t.words()); }},
      {"chrf", "chrF", kCharacters, kUp, kFraction, [](Texts t) { return chrf(t.reference(), t.prediction()); }},
      {"anls", "ANLS", kCharacters, kUp, kFraction, [](Texts t) { return anls(t.reference(), t.prediction()); }},
      {"length_ratio", "length over reference", kCharacters, kDown, kNumber, length_ratio},
      {"loop_rate", "loop rate", kCharacters, kDown, kFraction, looped},
  };
  // clang-format on
  return metrics;
}

const std::vector<std::string>& metric_names() {
  static const auto names = [] {
    std::vector<std::string> list;
    for (const auto& metric : all_metrics()) {
      list.push_back(metric.name);
    }
    return list;
  }();
  return names;
}

size_t metric_index(const std::string& name) {
  const auto& names = metric_names();
  const auto found = std::find(names.begin(), names.end(), name);
  check<UsageError>(
      found != names.end(),
      "no metric named \"",
      name,
      "\"",
      did_you_mean(name, names));
  return found - names.begin();
}

const Metric& find_metric(const std::string& name) {
  return all_metrics()[metric_index(name)];
}

} // namespace microfiche::metrics
