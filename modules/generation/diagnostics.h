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

/// The natural log of the probability that the model gives to each target, all
/// ids of it one after the other, as a continuation of its input (teacher
/// forcing). The end token counts only where a target has it.
std::vector<double> log_likelihoods(
    decoder::Decoder& decoder,
    std::span<const SearchInput> inputs,
    const std::vector<std::vector<int64_t>>& targets);

} // namespace microfiche::generation
