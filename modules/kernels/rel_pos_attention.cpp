#include "kernels/rel_pos_attention.h"

#include "kernels/attention.h"
#include "kernels/gradient.h"
#include "kernels/parallel.h"

#include <ATen/Parallel.h>
#include <ATen/ThreadLocalState.h>
#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <utility>

// B = windows or pages, N = side * side positions, D = channels of a head.

namespace microfiche::kernels {

namespace {

// Rows of the grid whose queries are taken together: two rows of a 64 x 64 grid
// have 2 MB of float32 logits, which stay in the cache. LibTorch's fused
// attention keeps its own few logits and is best with more queries at a time.
constexpr int64_t kRowsPerBlock = 2;
constexpr int64_t kRowsPerFusedBlock = 8;

// Below it one call over all heads has less overhead than its bias costs; see
// benchmarks/kernels/rel_pos_attention.cpp.
constexpr int64_t kSmallestBlockedSide = 28;

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

// Of one head's queries (M, D), with a bias (M, N).
torch::Tensor attend_fused(
    const torch::Tensor& q,
    const torch::Tensor& k,
    const torch::Tensor& v,
    const torch::Tensor& bias) {
  const auto alone = [](const torch::Tensor& x) {
    return x.unsqueeze(0).unsqueeze(0);
  };
  return attention(alone(q), alone(k), alone(v), alone(bias))[0][0];
}

// The same step by step, in memory that is given: `bias` becomes the logits.
void attend_open(
    const torch::Tensor& q,
    const torch::Tensor& k,
    const torch::Tensor& v,
    torch::Tensor bias,
    torch::Tensor probabilities,
    torch::Tensor out) {
  const double scale = 1 / std::sqrt(static_cast<double>(q.size(1)));
  bias.addmm_(q, k.t(), /*beta=*/1, scale);
  at::_softmax_out(probabilities, bias, /*dim=*/-1, /*half_to_float=*/false);
  torch::mm_out(out, probabilities, v);
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

torch::Tensor rel_pos_attention_blocked(
    const torch::Tensor& q,
    const torch::Tensor& k,
    const torch::Tensor& v,
    const torch::Tensor& table_h,
    const torch::Tensor& table_w,
    int64_t side) {
  torch::NoGradGuard no_grad;
  const int64_t batch = q.size(0), heads = q.size(1), n = q.size(2);
  const auto biases = axis_biases(q, table_h, table_w, side);
  auto attended = torch::empty({batch, n, heads, v.size(3)}, q.options())
                      .transpose(1, 2); // (B, heads, N, D)

  // float32 has no fused attention that is worth it; smaller types must not
  // round logits.
  const bool fused = q.scalar_type() != torch::kFloat32;
  const int64_t rows = fused ? kRowsPerFusedBlock : kRowsPerBlock;
  const int64_t blocks = (side + rows - 1) / rows;
  const at::ThreadLocalState state;
  const auto work = [&](int64_t begin, int64_t end) {
    // Workers do not inherit the caller's inference mode by themselves.
    const at::ThreadLocalStateGuard guard(state);
    const auto logits = torch::empty({rows * side, n}, q.options());
    const auto probabilities =
        fused ? torch::Tensor() : torch::empty_like(logits);
    for (int64_t item = begin; item < end; ++item) {
      const int64_t page = item / blocks / heads;
      const int64_t head = item / blocks % heads;
      const int64_t row = item % blocks * rows;
      const int64_t count = std::min(rows, side - row) * side;
      const auto queries = [&](const torch::Tensor& x) {
        return x[page][head].narrow(0, row * side, count);
      };
      const auto keys = k[page][head];
      const auto values = v[page][head];
      auto out = queries(attended);
      auto bias = logits.narrow(0, 0, count);
      auto by_axis = bias.view({count, side, side});
      torch::add_out(
          by_axis,
          queries(biases.first).unsqueeze(-1),
          queries(biases.second).unsqueeze(-2));
      if (fused) {
        out.copy_(attend_fused(queries(q), keys, values, bias));
      } else {
        attend_open(
            queries(q),
            keys,
            values,
            bias,
            probabilities.narrow(0, 0, count),
            out);
      }
    }
  };
  parallel_for(0, batch * heads * blocks, /*grain_size=*/1, work);
  return attended;
}

torch::Tensor rel_pos_attention(
    const torch::Tensor& q,
    const torch::Tensor& k,
    const torch::Tensor& v,
    const torch::Tensor& table_h,
    const torch::Tensor& table_w,
    int64_t side) {
  check_shapes(q, table_h, table_w, side);
  const bool blocked = !needs_grad({q, k, v, table_h, table_w}) && q.is_cpu() &&
      side >= kSmallestBlockedSide;
  return blocked ? rel_pos_attention_blocked(q, k, v, table_h, table_w, side)
                 : rel_pos_attention_reference(q, k, v, table_h, table_w, side);
}

} // namespace microfiche::kernels
