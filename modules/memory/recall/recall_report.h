#pragma once

#include "core/json.h"
#include "core/table.h"
#include "memory/recall/answers.h"

#include <cstdint>
#include <string>
#include <vector>

namespace microfiche::memory {

/// See `summarize`.
inline constexpr size_t kFewestDrawn = 5;

/// The answers of one plan, with what they were made from.
struct RecallRun {
  std::string conversation;
  StoredPlan plan;
  std::vector<Probe> probes;
  RecallTexts texts;
  std::vector<Answer> answers;
};

/// A line of samples.jsonl: question, method, answer, outcome, page, ages.
Json sample_row(const RecallRun& run, const Answer& answer);

/// summary.json: for each method and, of transcription, for each mode the
/// number of questions, outcomes, recall with a 95 % interval, positions, and
/// positions per fact that is recalled. Positions are means over the questions
/// for stated facts. `interval` is "conversations" for a bootstrap that draws
/// whole conversations, or "probes" for Wilson's interval, which takes the
/// questions as independent: fewer than `kFewestDrawn` conversations are too
/// few to draw from.
Json summarize(const std::vector<RecallRun>& runs, uint64_t seed);

/// A row for each method, and one for each mode of transcription.
Table recall_table(const Json& summary);

} // namespace microfiche::memory
