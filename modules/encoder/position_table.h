#pragma once

#include <torch/types.h>

#include <cstdint>

namespace microfiche::encoder {

/// Resamples a square table of learned positions to another grid.
///
/// Shapes: table (S, S, C), returns (side, side, C) in the dtype of the table.
/// Returns the table itself if S = side.
///
/// Bicubic, antialiased, in float32. PyTorch's antialiased cubic kernel has
/// a = -0.5 and its plain one a = -0.75, so they differ even when the table
/// grows.
torch::Tensor resize_position_table(const torch::Tensor& table, int64_t side);

} // namespace microfiche::encoder
