#pragma once

#include "data/page_batch.h"

#include <torch/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace microfiche::training {

/// A batch on the model's device. B = rows, P = pages, L = longest answer.
struct BatchTensors {
  /// Index of the batch, and the name of its resolution mode.
  int64_t index = 0;
  std::string mode;

  /// Mean over the rendered pages; 0 for pages from files.
  double characters_per_token = 0;

  /// (P, 3, S, S), see `encoder::normalize_pixels`; P may be 0.
  torch::Tensor pixels;

  /// The row of each page, and the prompt and answer of each row. There may be
  /// one prompt for all rows, or none, which means the model's default prompt.
  /// These stay on the CPU.
  std::vector<int64_t> page_rows;
  std::vector<std::string> prompts;
  std::vector<std::vector<int64_t>> answers;

  /// For each id of an answer, 1 if it is given and has no loss; empty if none
  /// is. On the CPU.
  std::vector<std::vector<uint8_t>> given;

  /// (B, 3, S, S) each: pages before the page of each row, oldest first.
  std::vector<torch::Tensor> earlier_pixels;

  /// (B, L, 2), the point of each answer id on its page in px, negative for
  /// padding; undefined if the points are unknown.
  torch::Tensor answer_points;
  /// (B, L) int64, the page of the row that has the point; undefined if rows
  /// have one page.
  torch::Tensor answer_pages;
  /// (P, points, 2) and (P, points); undefined without points.
  torch::Tensor points;
  torch::Tensor point_labels;
};

/// Copies a batch to the device of `like`, with pixels in its dtype. On a GPU
/// the copies are asynchronous, through pinned memory.
BatchTensors to_device(
    const data::PageBatch& batch,
    const torch::TensorOptions& like);

} // namespace microfiche::training
