#pragma once

#include <torch/types.h>

#include <cstdint>

namespace microfiche::encoder {

/// A square table of learned positions, resampled for a grid of another size.
///
/// Shapes: table (S, S, C), returns (side, side, C) in the dtype of the table;
/// the table itself where S = side.
///
/// Bicubic, antialiased, in float32. PyTorch's antialiased kernel is the cubic
/// of a = -0.5, its plain one that of a = -0.75, so the flag matters even
/// where the table grows.
torch::Tensor resize_position_table(const torch::Tensor& table, int64_t side);

} // namespace microfiche::encoder
