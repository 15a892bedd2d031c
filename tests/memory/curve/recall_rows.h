#pragma once

#include "memory/curve/recall_curve.h"

#include <cstdint>
#include <string>
#include <vector>

namespace microfiche::tests {

/// A question about a fact that stands `age` pages back, in its own
/// conversation unless given.
inline memory::curve::RecallRow recall_row(
    int64_t age,
    bool correct,
    const std::string& method = "transcription",
    int64_t conversation = 1) {
  memory::curve::RecallRow row;
  row.conversation = conversation;
  row.fact = 1;
  row.kind = "letters";
  row.method = method;
  row.outcome =
      correct ? memory::Outcome::kCorrect : memory::Outcome::kInvented;
  row.page = 100 + age;
  row.tier = 1;
  row.mode = "nano-9";
  row.age_pages = age;
  row.age_turns = 2 * age;
  row.positions = 40;
  return row;
}

/// `probes` questions at an age, the first `correct` of them right.
inline void add_rows(
    std::vector<memory::curve::RecallRow>& rows,
    int64_t age,
    int64_t probes,
    int64_t correct,
    const std::string& method = "transcription") {
  for (int64_t i = 0; i < probes; ++i) {
    rows.push_back(recall_row(age, i < correct, method));
  }
}

} // namespace microfiche::tests
