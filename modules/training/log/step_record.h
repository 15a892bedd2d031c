#pragma once

#include "training/checkpoint/training_position.h"

#include "core/json.h"
#include "decoder/decoder.h"

#include <torch/types.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace microfiche::training {

/// One batch of a step with its own scalars, so that the log shows which pages
/// the model learns.
struct BatchRecord {
  /// See `PageBatch`.
  std::string task;
  std::string mode;
  double characters_per_token = 0;
  double font_size_px = 0;
  double pairs = 0;

  /// See `Losses::scalars`.
  torch::Tensor scalars;
};

/// The results of a step, which stay on the device until they are logged.
struct StepRecord {
  int64_t step = 0;
  int64_t first_batch = 0;
  double rate_factor = 0;
  int64_t characters = 0;

  /// Means of `Losses::scalars` over the step's batches, then the norm of the
  /// gradients before clipping, float32.
  torch::Tensor scalars;

  /// The batches of this process.
  std::vector<BatchRecord> batches;
};

/// The scalars of a step by name: "loss", "reading_loss", ..., "gradient_norm".
/// `scalars` is on the CPU.
std::map<std::string, double> name_scalars(const torch::Tensor& scalars);

/// The line of a step in `metrics.jsonl`, from its named scalars and the
/// position of the run.
Json describe_step(
    const StepRecord& record,
    const std::string& stage,
    const std::map<std::string, double>& scalars,
    const TrainingPosition& position);

/// The batches of a step for `metrics.jsonl`: task, mode, characters per vision
/// token, font size, and the scalars that are not zero.
Json describe_batches(const std::vector<BatchRecord>& batches);

/// Fraction of the tokens of the last training-mode forward that went to each
/// expert, one list per routing layer.
Json expert_loads(const decoder::DecoderImpl& decoder);

/// The highest and the lowest load over the mean load of each routing layer,
/// as "router/layer-1/largest". Both are 1 if the load is even.
std::map<std::string, double> router_scalars(const Json& expert_loads);

} // namespace microfiche::training
