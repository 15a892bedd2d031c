#pragma once

#include "data/page_batch.h"
#include "model/prompt.h"

#include <torch/types.h>

#include <cstdint>
#include <vector>

namespace microfiche::training {

/// The rows of a batch as the decoder gets them: prompt, page if the prompt has
/// one, answer. Padding follows on the right, where no position to its left
/// attends to it.
///
/// T = length of the longest row. Positions count through all rows: row b
/// begins at b * T.
struct Sequences {
  /// (B, T) int64; arbitrary at the positions of a page.
  torch::Tensor ids;

  /// (P * positions) int64, page by page: the positions of each page.
  torch::Tensor page_positions;

  /// (N) int64: the positions that predict an id of an answer, and that id.
  /// Only these have a loss; given ids are not among them.
  torch::Tensor predicting_positions;
  torch::Tensor targets;

  /// Of each row: the ids of its prompt, pages included. A decoder with a
  /// window forgets only what follows.
  std::vector<int64_t> prompt_lengths;

  /// Of the first row: the position that predicts the first id of the answer,
  /// and the first position of the page.
  int64_t answer_begin = 0;
  int64_t image_begin = 0;
};

/// Joins rows; `prompts` has one for each, or one for all. `page_rows` as in
/// `PageBatch`. `given` has a number for each id of the answers, 1 for an id
/// that nothing predicts; empty if none is. Throws `InputError` for a row with
/// a page whose prompt has no `<image>`, or the reverse.
Sequences make_sequences(
    const std::vector<model::Prompt>& prompts,
    const std::vector<std::vector<int64_t>>& answers,
    const std::vector<int64_t>& page_rows,
    torch::Device device,
    const std::vector<std::vector<uint8_t>>& given = {});

} // namespace microfiche::training
