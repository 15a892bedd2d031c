#pragma once

#include "data/page_batch.h"
#include "model/prompt.h"

#include <torch/types.h>

#include <cstdint>
#include <vector>

namespace microfiche::training {

/// A batch's rows as the decoder receives them: prompt, page where the prompt
/// has one, answer. Rows end where they end, with padding right of it, which
/// nothing to its left can see.
///
/// T = length of the longest row; places count through all rows, row b's first
/// being b * T.
struct Sequences {
  /// (B, T) int64. Where a page goes they mean nothing.
  torch::Tensor ids;

  /// (P * positions) int64, page by page: where its positions go.
  torch::Tensor page_places;

  /// (N) int64: the places whose next id belongs to an answer, and that id.
  /// Only these have a loss.
  torch::Tensor predicting_places;
  torch::Tensor targets;

  /// Of the first row: the place that predicts the answer's first id, and the
  /// page's first.
  int64_t answer_begin = 0;
  int64_t image_begin = 0;
};

/// Puts rows together; `prompts` has one for each, or one for all. `page_rows`
/// as in `PageBatch`. Throws `InputError` for a row whose prompt asks for a
/// page that it has not, or the other way round.
Sequences make_sequences(
    const std::vector<model::Prompt>& prompts,
    const std::vector<std::vector<int64_t>>& answers,
    const std::vector<int64_t>& page_rows,
    torch::Device device);

} // namespace microfiche::training
