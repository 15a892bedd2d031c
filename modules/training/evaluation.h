#pragma once

#include "training/training_config.h"

#include "core/json.h"
#include "data/page_dataset.h"
#include "metrics/evaluation_row.h"
#include "model/loaded_model.h"
#include "page/page_image.h"
#include "text_compression/text_compressor.h"

#include <cstdint>
#include <string>
#include <vector>

namespace microfiche::training {

using metrics::EvaluationRow;

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

} // namespace microfiche::training
