#include "analysis/question_outcomes.h"

#include "analysis/cell_labels.h"
#include "analysis/cell_samples.h"
#include "core/utf8.h"
#include "metrics/interval_text.h"

#include <algorithm>
#include <limits>
#include <string>

namespace microfiche::analysis {
namespace {

/// Characters of a page's text; spaces that only place pairs on a grid count as
/// one.
int64_t characters_of(const std::string& text) {
  int64_t count = 0;
  char before = ' ';
  for (const char byte : text) {
    count += !continues_code_point(byte) && (byte != ' ' || before != ' ');
    before = byte;
  }
  return count;
}

QuestionOutcomes outcomes_of(const CellSamples& cell) {
  QuestionOutcomes result;
  result.cell = cell.cell;
  std::vector<double> exact;
  double not_stated_right = 0;
  const double share = 1.0 / static_cast<double>(cell.samples.size());
  for (const auto* sample : cell.samples) {
    const auto& question = *sample->page.question;
    result.pairs += share * static_cast<double>(question.pairs);
    result.characters_per_token += share *
        static_cast<double>(characters_of(question.text)) /
        static_cast<double>(sample->reading.vision_tokens.nominal);
    const auto outcome = outcome_of(*sample);
    const bool right = outcome == AnswerOutcome::kRight;
    if (!question.stated) {
      ++result.not_stated;
      not_stated_right += right ? 1 : 0;
      continue;
    }
    ++result.stated;
    exact.push_back(right ? 1 : 0);
    result.binding += outcome == AnswerOutcome::kBinding ? 1 : 0;
    result.false_not_stated +=
        outcome == AnswerOutcome::kFalseNotStated ? 1 : 0;
    result.other += outcome == AnswerOutcome::kOther ? 1 : 0;
  }
  result.exact = metrics::bootstrap_mean(exact);
  const auto stated = static_cast<double>(result.stated);
  result.binding /= stated;
  result.false_not_stated /= stated;
  result.other /= stated;
  result.not_stated_right = result.not_stated == 0
      ? std::numeric_limits<double>::quiet_NaN()
      : not_stated_right / static_cast<double>(result.not_stated);
  return result;
}

} // namespace

AnswerOutcome outcome_of(const sweep::Sample& sample) {
  const auto& question = *sample.page.question;
  const auto answer = strip(sample.reading.text);
  if (answer == strip(sample.page.reference)) {
    return AnswerOutcome::kRight;
  }
  if (question.stated && answer == "?") {
    return AnswerOutcome::kFalseNotStated;
  }
  const auto& others = question.other_values;
  return std::find(others.begin(), others.end(), answer) == others.end()
      ? AnswerOutcome::kOther
      : AnswerOutcome::kBinding;
}

std::vector<QuestionOutcomes> compute_question_outcomes(const sweep::Run& run) {
  std::vector<QuestionOutcomes> outcomes;
  for (const auto& cell : samples_by_cell(run)) {
    if (cell.samples.front()->page.question) {
      outcomes.push_back(outcomes_of(cell));
    }
  }
  return outcomes;
}

Table question_table(const std::vector<QuestionOutcomes>& outcomes) {
  auto table = make_cell_table(
      "text",
      {"pairs",
       "characters/token",
       "questions",
       "exact",
       "other key's value",
       "false ?",
       "other",
       "not stated",
       "? of these"});
  for (const auto& one : outcomes) {
    add_cell_row(
        table,
        one.cell,
        content_label(one.cell),
        one.stated + one.not_stated,
        {fixed(one.pairs, 1),
         fixed(one.characters_per_token, 1),
         std::to_string(one.stated),
         metrics::interval_text(one.exact),
         fixed(one.binding, 3),
         fixed(one.false_not_stated, 3),
         fixed(one.other, 3),
         std::to_string(one.not_stated),
         fixed(one.not_stated_right, 3)});
  }
  return table;
}

} // namespace microfiche::analysis
