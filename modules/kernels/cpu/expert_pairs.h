#pragma once

#include <cstdint>
#include <vector>

namespace microfiche::kernels {

/// Pairs of a token and one of its experts, in the order of their experts.
struct ExpertPairs {
  /// Where the pairs of each expert begin, and after the last one's their end.
  std::vector<int64_t> begins;

  /// The place of each pair, and the pair at each place; pair n * top_k + j is
  /// token n's choice j.
  std::vector<int64_t> positions;
  std::vector<int64_t> pairs;

  /// Sorts `count` pairs whose experts are `ids`, each in [0, num_experts).
  void sort(const int64_t* ids, int64_t count, int64_t num_experts);
};

/// What experts answered, and how much of it each token gets.
struct ExpertOutputs {
  /// (count of pairs, width), at the positions of their pairs.
  const void* outputs = nullptr;
  const int64_t* positions = nullptr;
  /// (tokens, top_k).
  const float* weights = nullptr;
  /// (tokens, width); float32 like `outputs`, or bfloat16 like them.
  void* y = nullptr;
  bool is_bf16 = false;
  int64_t top_k = 0;
  int64_t width = 0;
};

/// Adds up channels [first, last) of the outputs to tokens [begin, end), each
/// token's in the order of its choices and in float32.
void sum_expert_outputs(
    const ExpertOutputs& sum,
    int64_t begin,
    int64_t end,
    int64_t first,
    int64_t last);

} // namespace microfiche::kernels
