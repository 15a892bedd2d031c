#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "page/vision_token_order.h"

namespace microfiche::sweep {

/// The model's most likely id at each token of a reference, given the tokens
/// before it: its probability, and whether it is the reference's.
struct Confidence {
  std::vector<double> probability;
  std::vector<bool> correct;
};

template <typename Visitor>
void visit_fields(Visitor&& visit, Confidence& confidence) {
  visit("probability", confidence.probability);
  visit("correct", confidence.correct);
}

/// How a reading followed its draft; see Note [Drafts].
struct DraftCounts {
  /// Decoder calls after the prompt.
  int64_t steps = 0;

  /// Ids that the draft proposed, and those that the model chose, too.
  int64_t drafted = 0;
  int64_t accepted = 0;
};

template <typename Visitor>
void visit_fields(Visitor&& visit, DraftCounts& counts) {
  visit("steps", counts.steps);
  visit("drafted", counts.drafted);
  visit("accepted", counts.accepted);
}

/// What was read from one page.
struct PageReading {
  std::string text;

  /// Why the reading ended: "eos", "length" or "loop".
  std::string stop;

  /// Generated ids.
  int64_t new_tokens = 0;

  /// What the decoder received of the page.
  page::VisionTokenCounts vision_tokens;

  /// Of the reference, if the request has `log_likelihood`: natural logarithms
  /// of its probability given the page and given the prompt alone, and the
  /// model's confidence given the page.
  std::optional<double> log_likelihood = std::nullopt;
  std::optional<double> log_likelihood_without_page = std::nullopt;
  std::optional<Confidence> confidence = std::nullopt;

  /// Only with a draft.
  std::optional<DraftCounts> draft = std::nullopt;
};

} // namespace microfiche::sweep
