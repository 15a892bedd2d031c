#include "kernels/rel_pos_attention.h"

#include <torch/torch.h>

// B = windows or pages, N = side * side positions, D = channels of a head.

namespace microfiche::kernels {

namespace {

// (q position, k position, D): the table's row for each pair on one axis.
torch::Tensor offsets(const torch::Tensor& table, int64_t side) {
  const auto axis = torch::arange(
      side, torch::TensorOptions().dtype(torch::kInt64).device(table.device()));
  const auto rows =
      axis.unsqueeze(1) - axis.unsqueeze(0) + (side - 1); // (side, side)
  return table.index_select(0, rows.flatten())
      .view({side, side, table.size(1)});
}

// The two halves of the bias, (B, heads, N, side) each: what every query adds
// to the keys of a row and to those of a column.
std::pair<torch::Tensor, torch::Tensor> axis_biases(
    const torch::Tensor& q,
    const torch::Tensor& table_h,
    const torch::Tensor& table_w,
    int64_t side) {
  const auto grid = q.unflatten(2, {side, side}); // (B, heads, h, w, D)
  const auto by_row =
      torch::matmul(grid, offsets(table_h, side).transpose(1, 2));
  const auto by_column =
      torch::matmul(
          grid.transpose(2, 3), offsets(table_w, side).transpose(1, 2))
          .transpose(2, 3);
  return {by_row.flatten(2, 3), by_column.flatten(2, 3)};
}

void check_shapes(
    const torch::Tensor& q,
    const torch::Tensor& table_h,
    const torch::Tensor& table_w,
    int64_t side) {
  TORCH_CHECK(
      q.dim() == 4 && q.size(2) == side * side,
      "rel_pos_attention: expected queries of shape (B, heads, ",
      side * side,
      ", D), got ",
      q.sizes());
  for (const auto& table : {table_h, table_w}) {
    TORCH_CHECK(
        table.dim() == 2 && table.size(0) == 2 * side - 1 &&
            table.size(1) == q.size(3),
        "rel_pos_attention: expected tables of shape (",
        2 * side - 1,
        ", ",
        q.size(3),
        "), got ",
        table.sizes());
  }
}

} // namespace

torch::Tensor rel_pos_attention_reference(
    const torch::Tensor& q,
    const torch::Tensor& k,
    const torch::Tensor& v,
    const torch::Tensor& table_h,
    const torch::Tensor& table_w,
    int64_t side) {
  const auto [by_row, by_column] = axis_biases(q, table_h, table_w, side);
  const auto bias = (by_row.unsqueeze(-1) + by_column.unsqueeze(-2))
                        .flatten(3); // (B, heads, N, N)
  return torch::scaled_dot_product_attention(q, k, v, bias);
}

torch::Tensor rel_pos_attention(
    const torch::Tensor& q,
    const torch::Tensor& k,
    const torch::Tensor& v,
    const torch::Tensor& table_h,
    const torch::Tensor& table_w,
    int64_t side) {
  check_shapes(q, table_h, table_w, side);
  return rel_pos_attention_reference(q, k, v, table_h, table_w, side);
}

} // namespace microfiche::kernels
