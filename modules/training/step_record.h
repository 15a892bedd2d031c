#pragma once

#include "core/json.h"
#include "decoder/decoder.h"

#include <torch/types.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace microfiche::training {

/// One batch of a step with its own numbers, so that the log shows which pages
/// are learned and which are not.
struct BatchRecord {
  std::string mode;
  double characters_per_token = 0;
  double font_size_px = 0;

  /// As `StepRecord::numbers`, without the gradient norm.
  torch::Tensor numbers;
};

/// What a step leaves on the device until the log is written.
struct StepRecord {
  int64_t step = 0;
  int64_t first_batch = 0;
  double rate_factor = 0;
  int64_t characters = 0;

  /// Losses, accuracies and the gradient norm, (numbers) float32; see
  /// `named_numbers`.
  torch::Tensor numbers;

  /// The batches of this process.
  std::vector<BatchRecord> batches;
};

struct Losses;

/// The numbers of a batch in that order, without the gradient norm.
torch::Tensor stack_numbers(const Losses& losses);

/// A step's numbers, on the CPU, by their names: "loss", "reading_loss", ...,
/// "gradient_norm".
std::map<std::string, double> named_numbers(const torch::Tensor& numbers);

/// The batches of a step as `metrics.jsonl` has them: mode, characters per
/// vision token, font size, and those numbers that are not zero.
Json describe_batches(const std::vector<BatchRecord>& batches);

/// Share of the tokens of the last training-mode forward that went to each
/// expert, a list a routing layer.
Json expert_loads(const decoder::DecoderImpl& decoder);

/// What of these TensorBoard shows, by "router/layer-1/largest": the largest
/// and the smallest load over the even one. 1 and 1 is even.
std::map<std::string, double> router_scalars(const Json& expert_loads);

} // namespace microfiche::training
