#pragma once

#include "training/evaluation/evaluation_rows.h"

#include "data/conversation_dataset.h"
#include "data/page_dataset.h"
#include "model/loaded_model.h"
#include "page/page_image.h"
#include "text_compression/text_compressor.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace microfiche::training {

/// An evaluation reads held-out pages greedily. It has a row for each
/// combination of mode, kind of text and characters per token.
struct EvaluationConfig {
  /// Steps between two evaluations; 0 for only one at the end of the run.
  int64_t every_steps = 0;

  /// Resolution modes of rendered pages to evaluate on; empty for none. The
  /// pages look like those that the last stage transcribes.
  std::vector<std::string> modes;

  /// Kinds of text on those pages: "corpus", "random_letters" or
  /// "shuffled_words".
  std::vector<std::string> texts = {"corpus", "random_letters"};

  /// Lengths of the text on those pages, in characters per vision token.
  std::vector<double> characters_per_token = {5, 10};

  /// Conversations from files to evaluate on as well, in a row per mode.
  /// Conversations without a page are skipped.
  std::optional<data::ConversationMixConfig> conversations;

  /// Pages per row, at least 1.
  int64_t pages = 16;

  /// Rendered pages that are read in one batch, at least 1.
  int64_t batch_pages = 16;

  /// Pages per row that TensorBoard shows, with the text that was read.
  int64_t shown_pages = 1;
};

void validate(const EvaluationConfig& config, const std::string& where);

template <typename Visitor>
void visit_fields(Visitor&& visit, EvaluationConfig& config) {
  visit("every_steps", config.every_steps);
  visit("modes", config.modes);
  visit("texts", config.texts);
  visit("characters_per_token", config.characters_per_token);
  visit("conversations", config.conversations);
  visit("pages", config.pages);
  visit("batch_pages", config.batch_pages);
  visit("shown_pages", config.shown_pages);
}

/// The names of all rows of an evaluation.
std::vector<std::string> evaluation_row_names(const EvaluationConfig& config);

/// A page of a row and the text that was read.
struct EvaluatedPage {
  /// `row_name` and the page's index in the row: "nano-9/corpus/10/0".
  std::string name;
  page::PageImage page;
  std::string reference;
  std::string prediction;

  /// 1 - normalised edit distance, white space collapsed.
  double precision = 0;
};

/// The results of an evaluation.
struct Evaluation {
  std::vector<EvaluationRow> rows;

  /// The first `EvaluationConfig::shown_pages` of each row.
  std::vector<EvaluatedPage> shown;
};

/// Reads pages greedily, the same pages in each call, and adds the results to
/// `evaluation`. Unless `text_compressor` is empty, the decoder gets the
/// compressed text of each page instead. `pages` draws from held-out text. The
/// training mode of the model is restored.
void evaluate(
    model::LoadedModel& loaded,
    text_compression::TextCompressor text_compressor,
    const data::PageDataset& pages,
    const EvaluationConfig& config,
    uint64_t seed,
    Evaluation& evaluation);

/// The same for conversations with a page, each with its own prompt: one row
/// per mode.
void evaluate(
    model::LoadedModel& loaded,
    const data::ConversationDataset& conversations,
    const EvaluationConfig& config,
    uint64_t seed,
    Evaluation& evaluation);

} // namespace microfiche::training
