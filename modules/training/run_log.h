#pragma once

#include "training/evaluation.h"
#include "training/event_file.h"

#include "core/json.h"

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace microfiche::training {

/// What a training says of its steps: lines of `metrics.jsonl`, and the same
/// numbers for TensorBoard in `events/`.
class RunLog {
 public:
  /// Goes on in `folder` after step `last_step` and the evaluation after step
  /// `evaluated_step`: what a resumed run will do again and half a line that a
  /// killed run left are forgotten. Throws `IoError` when that fails.
  RunLog(
      const std::filesystem::path& folder,
      int64_t last_step,
      int64_t evaluated_step);

  /// Adds a line, which has a "step", and what TensorBoard shows of it.
  void add(const Json& line, const std::map<std::string, double>& scalars);

  /// Shows pages in TensorBoard: each with its picture, and its reference and
  /// prediction below each other.
  void show(int64_t step, const std::vector<ReadPage>& pages);

 private:
  std::filesystem::path metrics_;
  EventFile events_;
};

} // namespace microfiche::training
