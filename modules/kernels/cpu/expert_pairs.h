#pragma once

#include <cstdint>
#include <vector>

namespace microfiche::kernels {

/// The pairs of a token and one of its experts, sorted by expert.
struct ExpertPairs {
  /// The first position of each expert's pairs, and the end of the last ones.
  std::vector<int64_t> begins;

  /// The position of each pair, and the pair at each position. Pair
  /// n * top_k + j is choice j of token n.
  std::vector<int64_t> positions;
  std::vector<int64_t> pairs;

  /// Sorts `count` pairs whose experts are `ids`, each in [0, num_experts).
  void sort(const int64_t* ids, int64_t count, int64_t num_experts);
};

/// The outputs of experts and their weights in each token's sum.
struct ExpertOutputs {
  /// (pairs, width), each at the position of its pair.
  const void* outputs = nullptr;
  const int64_t* positions = nullptr;
  /// (tokens, top_k).
  const float* weights = nullptr;
  /// (tokens, width) in the type of `outputs`, float32 or bfloat16.
  void* y = nullptr;
  bool is_bf16 = false;
  int64_t top_k = 0;
  int64_t width = 0;
};

/// Sums the channels [first, last) of the tokens [begin, end), in float32 and
/// in the order of each token's choices.
void sum_expert_outputs(
    const ExpertOutputs& sum,
    int64_t begin,
    int64_t end,
    int64_t first,
    int64_t last);

} // namespace microfiche::kernels
