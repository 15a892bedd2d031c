#pragma once

#include <torch/types.h>

#include <cstdint>

namespace microfiche::model {

/// How a grid of vision tokens gets fewer rows and columns.
enum class GridReduction {
  /// Each token is the mean of neighbouring ones, as of
  /// `torch::adaptive_avg_pool2d`: of k x k without overlap if the side of the
  /// grid is k times the new one.
  kMean,
  /// Each token is the one in the middle of that share of the grid: every k-th
  /// of every k-th row. The others are dropped.
  kMiddle,
};

/// The vision tokens of a page without tiles with fewer rows and columns. The
/// newlines after the rows and the separator stay as they are.
///
/// Shapes, with n and m the sides of the grid before and after:
///   sequence: (n * (n + 1) + 1, D), n rows of n tokens and a newline, then the
///     separator
///   returns: (m * (m + 1) + 1, D), of the same type
///
/// Throws `InputError` for m below 1 or above n.
torch::Tensor shrink_token_grid(
    const torch::Tensor& sequence,
    int64_t n,
    int64_t m,
    GridReduction how);

} // namespace microfiche::model
