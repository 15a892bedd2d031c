#pragma once

#include "core/json.h"
#include "core/table.h"
#include "memory/recall/answers.h"

#include <cstdint>
#include <string>
#include <vector>

namespace microfiche::memory {

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
/// positions per fact that is recalled. `interval` says what was drawn again:
/// "conversations", or "probes" if there is only one conversation.
Json summarize(const std::vector<RecallRun>& runs, uint64_t seed);

/// A row for each method, and one for each mode of transcription.
Table recall_table(const Json& summary);

} // namespace microfiche::memory
