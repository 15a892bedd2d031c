#pragma once

#include "generation/search.h"

#include <torch/types.h>

#include <cstdint>
#include <span>
#include <vector>

namespace microfiche::generation {

/// What a greedy decoding computes, step by step; for traces.
struct GreedyTrace {
  /// (steps, vocabulary) float32: next-token logits before each id.
  torch::Tensor logits;

  /// (steps): their largest, the end token like any other.
  std::vector<int64_t> ids;
};

/// Decodes exactly `steps` ids greedily, past the end token if it comes.
GreedyTrace trace_greedy(
    decoder::Decoder& decoder,
    const SearchInput& input,
    int64_t steps);

/// What a model says at the place of one id of a target (teacher forcing).
struct TargetPrediction {
  /// Natural logarithm of the probability that it gives to the id.
  double log_probability = 0;

  /// The probability of what it holds likeliest there: its confidence.
  double confidence = 0;

  /// Whether that is the id.
  bool correct = false;
};

/// What a model says of every id of each target as a continuation of its
/// input, those before it given. The end token counts only where a target has
/// it. Throws `c10::Error` unless there are as many targets as inputs.
std::vector<std::vector<TargetPrediction>> predict_targets(
    decoder::Decoder& decoder,
    std::span<const SearchInput> inputs,
    const std::vector<std::vector<int64_t>>& targets);

} // namespace microfiche::generation
