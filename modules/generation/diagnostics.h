#pragma once

#include "generation/generate.h"

#include <torch/types.h>

#include <cstdint>
#include <span>
#include <vector>

namespace microfiche::generation {

/// The steps of a greedy decoding, for `trace`.
struct GreedyTrace {
  /// (steps, vocabulary) float32: next-token logits before each id.
  torch::Tensor logits;

  /// (steps): the id with the largest logit, end token included.
  std::vector<int64_t> ids;
};

/// Decodes exactly `steps` ids greedily and does not stop at the end token.
GreedyTrace trace_greedy(
    decoder::Decoder& decoder,
    const GenerationRequest& request,
    int64_t steps);

/// A model's prediction of one id of a target (teacher forcing).
struct TargetPrediction {
  /// Natural logarithm of the id's probability.
  double log_probability = 0;

  /// Probability of the most likely id.
  double confidence = 0;

  /// Whether the most likely id is the target's.
  bool correct = false;
};

/// Predicts every id of each target as a continuation of its request, given the
/// ids before it. The end token is predicted only if a target contains it.
/// Throws `c10::Error` unless there are as many targets as requests.
std::vector<std::vector<TargetPrediction>> predict_targets(
    decoder::Decoder& decoder,
    std::span<const GenerationRequest> requests,
    const std::vector<std::vector<int64_t>>& targets);

} // namespace microfiche::generation
