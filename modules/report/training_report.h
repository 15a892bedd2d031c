#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "report/chart.h"

namespace microfiche::report {

/// Whether a folder is the run folder of a training: it has a metrics.jsonl.
bool is_training_run(const std::filesystem::path& folder);

/// The curves of one or several trainings. One training has one chart of all
/// losses and one of all rows of held-out pages. Several trainings have one
/// chart per loss and per row, with one line per training.
struct TrainingCurves {
  /// Losses over steps; a long run is averaged over neighbouring steps.
  std::vector<Chart> losses;

  /// Precision on held-out pages over steps, by mode, text and density.
  std::vector<Chart> precision;

  /// Precision over the compression ratio in the last evaluation of each
  /// training.
  Chart last_precision;

  /// Steps of the longest training.
  int64_t steps = 0;
};

/// Reads the metrics.jsonl of each folder. Throws as
/// `analysis::read_training_metrics`.
TrainingCurves read_training_curves(
    const std::vector<std::filesystem::path>& folders);

/// The report of trainings as one HTML file that loads nothing from elsewhere.
/// For several trainings it lists the differences of their configs.
std::string html_training_report(
    const std::vector<std::filesystem::path>& folders);

} // namespace microfiche::report
