#pragma once

#include <cstdint>
#include <vector>

#include "core/table.h"
#include "metrics/bootstrap.h"
#include "sweep/run_folder.h"

namespace microfiche::analysis {

/// How an answer to a question about a page came out.
enum class AnswerOutcome {
  /// The answer that the page states, or "?" for what it does not state.
  kRight,
  /// The value of another key of the page.
  kBinding,
  /// "?" for something that the page states.
  kFalseNotStated,
  /// Anything else, such as a misread value.
  kOther,
};

/// The outcome of a sample with a question. White space at the ends of the
/// answer does not count.
AnswerOutcome outcome_of(const sweep::Sample& sample);

/// The answers of a cell with questions. Fractions are of the questions about
/// something that the page states, but for `not_stated_right`.
struct QuestionOutcomes {
  sweep::Cell cell;

  /// Means over pages: pairs, and characters on the page per vision token.
  double pairs = 0;
  double characters_per_token = 0;

  int64_t stated = 0;
  metrics::Interval exact;
  double binding = 0;
  double false_not_stated = 0;
  double other = 0;

  /// Questions about something that is not on the page, and the fraction that
  /// is answered "?"; NaN without such questions.
  int64_t not_stated = 0;
  double not_stated_right = 0;
};

/// Those of a run's cells with questions, in their order.
std::vector<QuestionOutcomes> compute_question_outcomes(const sweep::Run& run);

/// One row per cell.
Table question_table(const std::vector<QuestionOutcomes>& outcomes);

} // namespace microfiche::analysis
