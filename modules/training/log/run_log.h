#pragma once

#include "training/evaluation/evaluation.h"
#include "training/log/event_file.h"

#include "core/json.h"

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace microfiche::training {

/// The log of a training: lines of `metrics.jsonl`, and the same scalars for
/// TensorBoard in `events/`.
class RunLog {
 public:
  /// Continues the log in `folder` after step `last_step` and the evaluation
  /// after step `evaluated_step`. Removes later lines, which a resumed run
  /// writes again, and an incomplete last line. Throws `IoError` if that fails.
  RunLog(
      const std::filesystem::path& folder,
      int64_t last_step,
      int64_t evaluated_step);

  /// Adds a line with a "step", and scalars of it for TensorBoard.
  void add(const Json& line, const std::map<std::string, double>& scalars);

  /// Adds a line with the rows of an evaluation, and their precisions and pages
  /// for TensorBoard.
  void add(int64_t step, const Evaluation& evaluation);

 private:
  /// Adds the image of each page, with its reference and prediction below it.
  void show(int64_t step, const std::vector<EvaluatedPage>& pages);

  std::filesystem::path metrics_;
  EventFile events_;
};

/// Throws `InputError` for a run folder with the config of another kind of run,
/// such as a sweep, which a training would overwrite.
void check_no_other_run(const std::filesystem::path& folder);

} // namespace microfiche::training
