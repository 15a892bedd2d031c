#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "metrics/evaluation_row.h"

namespace microfiche::analysis {

/// A line of the metrics.jsonl of a training: numbers of a step, or an
/// evaluation on held-out pages.
struct TrainingMetrics {
  int64_t step = 0;

  /// Numbers of the step by name, such as "loss". NaN values are left out.
  std::map<std::string, double> values;
  std::vector<metrics::EvaluationRow> evaluation;
};

/// Reads the metrics.jsonl of a run folder. Skips a last line without its line
/// break, which a killed training leaves. Throws `InputError` with file and
/// line for malformed lines, and for a file without a complete line.
std::vector<TrainingMetrics> read_training_metrics(
    const std::filesystem::path& folder);

} // namespace microfiche::analysis
