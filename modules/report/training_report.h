#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "report/chart.h"

namespace microfiche::report {

/// Whether a folder is that of a training run: it has a metrics.jsonl.
bool is_training_run(const std::filesystem::path& folder);

/// The curves of one training or of several: of one, its losses and its rows of
/// held-out pages stand in a chart each; of several, each loss and each row has
/// a chart with a line a training.
struct TrainingCurves {
  /// Losses over steps, averaged over neighbouring steps of a long run.
  std::vector<Chart> losses;

  /// Precision on held-out pages over steps, by mode, text and density.
  std::vector<Chart> precision;

  /// Precision of each training's last evaluation over the compression ratio.
  Chart last_precision;

  /// Of the longest.
  int64_t steps = 0;
};

/// Reads each metrics.jsonl. A last line without its end is passed over. Throws
/// `InputError` naming file and line for anything malformed.
TrainingCurves read_training_curves(
    const std::vector<std::filesystem::path>& folders);

/// The report of trainings as one HTML file that asks for nothing; of several,
/// with what their configs differ in.
std::string html_training_report(
    const std::vector<std::filesystem::path>& folders);

} // namespace microfiche::report
