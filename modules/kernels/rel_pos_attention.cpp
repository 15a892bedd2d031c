#include "kernels/rel_pos_attention.h"

#include "kernels/attention.h"
#include "kernels/cpu/linear.h"
#include "kernels/cpu/parallel.h"
#include "kernels/cpu/rel_pos_attention.h"
#include "kernels/gradient.h"
#include "kernels/reference_kernels.h"

#include <torch/torch.h>

#include <cmath>
#include <utility>

// B = windows or images, N = side * side positions, D = channels of a head.

namespace microfiche::kernels {

namespace {

// The table's row for each pair of positions on one axis, (q, k, D).
torch::Tensor rows_by_offset(const torch::Tensor& table, int64_t side) {
  const auto axis = torch::arange(
      side, torch::TensorOptions().dtype(torch::kInt64).device(table.device()));
  const auto rows =
      axis.unsqueeze(1) - axis.unsqueeze(0) + (side - 1); // (side, side)
  return table.index_select(0, rows.flatten())
      .view({side, side, table.size(1)});
}

// The two terms of the bias, (B, heads, N, side) each: one for the keys of each
// row, one for the keys of each column.
std::pair<torch::Tensor, torch::Tensor> axis_biases(
    const torch::Tensor& q,
    const torch::Tensor& table_h,
    const torch::Tensor& table_w,
    int64_t side) {
  const auto grid = q.unflatten(2, {side, side}); // (B, heads, h, w, D)
  const auto by_row =
      torch::matmul(grid, rows_by_offset(table_h, side).transpose(1, 2));
  const auto by_column =
      torch::matmul(
          grid.transpose(2, 3), rows_by_offset(table_w, side).transpose(1, 2))
          .transpose(2, 3);
  return {
      by_row.flatten(2, 3).contiguous(), by_column.flatten(2, 3).contiguous()};
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

// The kernel reads a head's channels contiguously.
torch::Tensor with_adjacent_channels(const torch::Tensor& x) {
  return x.stride(3) == 1 ? x : x.contiguous();
}

HeadLayout layout_of(const torch::Tensor& x) {
  return {x.stride(0), x.stride(1), x.stride(2)};
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
  return attention(q, k, v, bias);
}

torch::Tensor rel_pos_attention_extended(
    const torch::Tensor& q,
    const torch::Tensor& k,
    const torch::Tensor& v,
    const torch::Tensor& table_h,
    const torch::Tensor& table_w,
    int64_t side) {
  const auto [by_row, by_column] = axis_biases(q, table_h, table_w, side);
  const auto one = torch::eye(side, q.options());
  const auto place = torch::cat(
      {one.repeat_interleave(side, 0), one.repeat({side, 1})},
      /*dim=*/1); // (N, 2 * side), the row and the column of each key
  const double scale = 1 / std::sqrt(static_cast<double>(q.size(3)));
  const auto queries = torch::cat({q * scale, by_row, by_column}, /*dim=*/3);
  const auto keys =
      torch::cat({k, place.expand({k.size(0), k.size(1), -1, -1})}, /*dim=*/3);
  return attention(
      queries, keys, v, /*bias=*/std::nullopt, /*causal=*/false, /*scale=*/1);
}

torch::Tensor rel_pos_attention_blocked(
    const torch::Tensor& q,
    const torch::Tensor& k,
    const torch::Tensor& v,
    const torch::Tensor& table_h,
    const torch::Tensor& table_w,
    int64_t side) {
  torch::NoGradGuard no_grad;
  const int64_t batch = q.size(0), heads = q.size(1), n = q.size(2);
  const auto queries = with_adjacent_channels(q);
  const auto keys = with_adjacent_channels(k);
  const auto values = with_adjacent_channels(v);
  const auto attended = torch::empty({batch, n, heads, v.size(3)}, q.options())
                            .transpose(1, 2); // (B, heads, N, D)
  const double scale = 1 / std::sqrt(static_cast<double>(q.size(3)));
  const auto [by_row, by_column] = axis_biases(
      queries.to(torch::kFloat32),
      table_h.to(torch::kFloat32) / scale,
      table_w.to(torch::kFloat32) / scale,
      side);

  RelPosAttention attention;
  attention.q = queries.const_data_ptr();
  attention.k = keys.const_data_ptr();
  attention.v = values.const_data_ptr();
  attention.y = attended.mutable_data_ptr();
  attention.q_layout = layout_of(queries);
  attention.k_layout = layout_of(keys);
  attention.v_layout = layout_of(values);
  attention.y_layout = layout_of(attended);
  attention.is_bf16 = q.scalar_type() == torch::kBFloat16;
  attention.by_row = by_row.const_data_ptr<float>();
  attention.by_column = by_column.const_data_ptr<float>();
  attention.heads = heads;
  attention.side = side;
  attention.head_dim = q.size(3);
  attention.scale = static_cast<float>(scale);
  parallel_for(
      0,
      batch * heads * rel_pos_attention_tasks(side),
      /*grain=*/1,
      [&](int64_t begin, int64_t end) {
        rel_pos_attention_cpu(attention, begin, end);
      });
  return attended;
}

namespace {

// Up to this many positions of float32 the reference trains faster.
constexpr int64_t kMaxReferencePositions = 256;

decltype(&rel_pos_attention) choose(const torch::Tensor& q, bool has_grad) {
  static const bool enabled = !runs_reference("rel_pos_attention");
  const bool is_bf16 = q.scalar_type() == torch::kBFloat16;
  if (!enabled || !q.is_cpu() ||
      (!is_bf16 && q.scalar_type() != torch::kFloat32)) {
    return &rel_pos_attention_reference;
  }
  if (!has_grad) {
    return is_bf16 && has_tile_instructions() ? &rel_pos_attention_extended
                                              : &rel_pos_attention_blocked;
  }
  return is_bf16 || q.size(2) > kMaxReferencePositions
      ? &rel_pos_attention_extended
      : &rel_pos_attention_reference;
}

} // namespace

torch::Tensor rel_pos_attention(
    const torch::Tensor& q,
    const torch::Tensor& k,
    const torch::Tensor& v,
    const torch::Tensor& table_h,
    const torch::Tensor& table_w,
    int64_t side) {
  check_shapes(q, table_h, table_w, side);
  const auto attend = choose(q, needs_grad({q, k, v, table_h, table_w}));
  return attend(q, k, v, table_h, table_w, side);
}

} // namespace microfiche::kernels
