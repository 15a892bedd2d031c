#pragma once

#include <filesystem>
#include <string>

#include "experiments/report/chart.h"

namespace microfiche::experiments {

/// Whether a folder is that of a training run: it has a metrics.jsonl.
bool is_training_run(const std::filesystem::path& folder);

/// The curves of a training run.
struct TrainingCurves {
  /// Losses over steps, averaged over neighbouring steps of a long run.
  Chart losses;

  /// Precision on held-out pages over steps, by mode, text and density.
  Chart precision;
  int64_t steps = 0;
};

/// Reads metrics.jsonl. A last line without its end is passed over. Throws
/// `InputError` naming file and line for anything malformed.
TrainingCurves read_training_curves(const std::filesystem::path& folder);

/// The report of a training run as one HTML file that asks for nothing.
std::string html_training_report(const std::filesystem::path& folder);

} // namespace microfiche::experiments
