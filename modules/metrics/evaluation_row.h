#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace microfiche::metrics {

/// How well a model in training reads held-out pages of one kind: an element of
/// "evaluation" in metrics.jsonl.
struct EvaluationRow {
  std::string mode;

  /// Kind of text, such as "corpus".
  std::string text;

  /// Characters per vision token: the configured target, and the mean of the
  /// pages.
  double asked_density = 0;
  double density = 0;

  /// Text tokens by DeepSeek-OCR's tokenizer over nominal vision tokens, mean
  /// over pages; absent without that tokenizer.
  std::optional<double> compression_ratio;

  int64_t pages = 0;

  /// Mean over pages of 1 - normalized edit distance, white space collapsed,
  /// with its 95 % bootstrap interval.
  double precision = 0;
  double low = 0;
  double high = 0;

  /// Pages read without any error, and readings that ended in a loop or at the
  /// token limit.
  int64_t exact_pages = 0;
  int64_t unfinished = 0;
};

template <typename Visitor>
void visit_fields(Visitor&& visit, EvaluationRow& row) {
  visit("mode", row.mode);
  visit("text", row.text);
  visit("asked_density", row.asked_density);
  visit("density", row.density);
  visit("compression_ratio", row.compression_ratio);
  visit("pages", row.pages);
  visit("precision", row.precision);
  visit("low", row.low);
  visit("high", row.high);
  visit("exact_pages", row.exact_pages);
  visit("unfinished", row.unfinished);
}

} // namespace microfiche::metrics
