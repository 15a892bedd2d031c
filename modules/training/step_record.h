#pragma once

#include "core/json.h"
#include "decoder/decoder.h"

#include <torch/types.h>

#include <cstdint>
#include <map>
#include <string>

namespace microfiche::training {

/// What a step leaves on the device until somebody looks.
struct StepRecord {
  int64_t step = 0;
  int64_t first_batch = 0;
  double rate_factor = 0;
  int64_t characters = 0;

  /// Losses, accuracies and the gradient norm, (numbers) float32; see
  /// `named_numbers`.
  torch::Tensor numbers;
};

struct Losses;

/// The numbers of a batch in that order, without the gradient norm.
torch::Tensor stack_numbers(const Losses& losses);

/// A step's numbers, on the CPU, by their names: "loss", "reading_loss", ...,
/// "gradient_norm".
std::map<std::string, double> named_numbers(const torch::Tensor& numbers);

/// Share of the tokens of the last training-mode forward that went to each
/// expert, a list a routing layer.
Json expert_loads(const decoder::DecoderImpl& decoder);

/// What of these TensorBoard shows, by "router/layer-1/largest": the largest
/// and the smallest load over the even one. 1 and 1 is even.
std::map<std::string, double> router_scalars(const Json& expert_loads);

} // namespace microfiche::training
