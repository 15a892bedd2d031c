#pragma once

#include "training/training_config.h"

#include "core/json.h"
#include "data/page_dataset.h"
#include "model/loaded_model.h"
#include "page/page_image.h"
#include "text_compression/text_compressor.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace microfiche::training {

/// How well pages of one kind were read.
struct EvaluationRow {
  std::string mode;
  std::string text;

  /// Characters per vision token as asked for, and as the pages had them.
  double asked_density = 0;
  double density = 0;

  /// Text tokens by DeepSeek-OCR's tokenizer over nominal vision tokens, mean
  /// over pages; nothing where that tokenizer is not there.
  std::optional<double> compression_ratio;

  int64_t pages = 0;

  /// Mean over pages of 1 - normalised edit distance, white space collapsed,
  /// with its 95 % bootstrap interval.
  double precision = 0;
  double low = 0;
  double high = 0;

  /// Pages read without any mistake, and answers that ran in circles or were
  /// cut off.
  int64_t exact_pages = 0;
  int64_t unfinished = 0;
};

/// A page of a row and how it was read.
struct ReadPage {
  /// `row_name` and the page's number in the row: "nano-9/corpus/10/0".
  std::string name;
  page::PageImage page;
  std::string reference;
  std::string prediction;

  /// 1 - normalised edit distance, white space collapsed.
  double precision = 0;
};

/// What came of reading held-out pages.
struct Evaluation {
  std::vector<EvaluationRow> rows;

  /// The first `EvaluationConfig::shown_pages` of each row.
  std::vector<ReadPage> shown;
};

/// Adds to `evaluation` what comes of reading pages greedily, the same ones in
/// each call, or their texts through a compressor unless that is empty. `pages`
/// draws from held-out text. The model comes back in the mode (training or not)
/// it had.
void evaluate(
    model::LoadedModel& loaded,
    text_compression::TextCompressor text_compressor,
    const data::PageDataset& pages,
    const EvaluationConfig& config,
    uint64_t seed,
    Evaluation& evaluation);

/// The same for conversations with a page, each asked its own question: a row a
/// mode.
void evaluate(
    model::LoadedModel& loaded,
    const data::ConversationDataset& conversations,
    const EvaluationConfig& config,
    uint64_t seed,
    Evaluation& evaluation);

/// See `evaluation_row_name`.
std::string row_name(const EvaluationRow& row);

/// The mean precision of the rows whose names match `pattern`, each counting
/// the same; NaN when there is none.
double mean_precision(
    const std::vector<EvaluationRow>& rows,
    const std::string& pattern);

/// The rows as aligned text, a line each.
std::string format_table(const std::vector<EvaluationRow>& rows);

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

} // namespace microfiche::training
