#include "encoder/sam_block.h"

#include "encoder/initialization.h"
#include "kernels/rel_pos_attention.h"

#include <utility>

// B = pages or windows, S = side of a grid, C = width, D = channels of a head.

namespace microfiche::encoder {

namespace {

constexpr double kNormEps = 1e-6;

// The table for a grid of another side, (2 * side - 1, D).
torch::Tensor resize_rel_pos(const torch::Tensor& table, int64_t side) {
  const int64_t length = 2 * side - 1;
  if (table.size(0) == length) {
    return table;
  }
  const auto signal =
      table.to(torch::kFloat32).transpose(0, 1).unsqueeze(0); // (1, D, L)
  return at::upsample_linear1d(
             signal, /*output_size=*/{length}, /*align_corners=*/false)
      .squeeze(0)
      .transpose(0, 1)
      .to(table.scalar_type());
}

// (B, S, S, C) -> (B * windows, w, w, C), zeros at the right and the bottom.
torch::Tensor cut_into_windows(const torch::Tensor& grid, int64_t w) {
  const int64_t side = grid.size(1);
  const int64_t across = (side + w - 1) / w;
  const int64_t pad = across * w - side;
  const auto padded =
      pad == 0 ? grid : torch::constant_pad_nd(grid, {0, 0, 0, pad, 0, pad});
  return padded.view({grid.size(0), across, w, across, w, grid.size(3)})
      .transpose(2, 3)
      .reshape({-1, w, w, grid.size(3)});
}

// Undoes `cut_into_windows` for a grid of the given side.
torch::Tensor join_windows(const torch::Tensor& windows, int64_t side) {
  const int64_t w = windows.size(1);
  const int64_t across = (side + w - 1) / w;
  return windows.view({-1, across, across, w, w, windows.size(3)})
      .transpose(2, 3)
      .reshape({-1, across * w, across * w, windows.size(3)})
      .narrow(1, 0, side)
      .narrow(2, 0, side);
}

} // namespace

SamAttentionImpl::SamAttentionImpl(SamAttentionOptions options_)
    : options(std::move(options_)) {
  reset();
}

void SamAttentionImpl::reset() {
  check_tower("SamAttention", options.width(), /*layers=*/1, options.heads());
  TORCH_CHECK_VALUE(
      options.table_side() >= 1,
      "SamAttention: table_side must be at least 1, got ",
      options.table_side());

  qkv =
      register_module("qkv", make_linear(options.width(), 3 * options.width()));
  projection = register_module(
      "projection", make_linear(options.width(), options.width()));
  const int64_t head_dim = options.width() / options.heads();
  rel_pos_h = register_parameter(
      "rel_pos_h", torch::zeros({2 * options.table_side() - 1, head_dim}));
  rel_pos_w = register_parameter(
      "rel_pos_w", torch::zeros({2 * options.table_side() - 1, head_dim}));
}

torch::Tensor SamAttentionImpl::forward(const torch::Tensor& grid) {
  const int64_t batch = grid.size(0), side = grid.size(1);
  const auto heads = qkv->forward(grid)
                         .view({batch, side * side, 3, options.heads(), -1})
                         .permute({2, 0, 3, 1, 4})
                         .unbind(0); // 3 x (B, heads, S * S, D)
  const auto attended = kernels::rel_pos_attention(
      heads[0],
      heads[1],
      heads[2],
      resize_rel_pos(rel_pos_h, side),
      resize_rel_pos(rel_pos_w, side),
      side);
  return projection->forward(
      attended.transpose(1, 2).reshape({batch, side, side, options.width()}));
}

void SamAttentionImpl::pretty_print(std::ostream& stream) const {
  stream << "microfiche::encoder::SamAttention(" << options.width()
         << ", heads=" << options.heads()
         << ", table_side=" << options.table_side() << ")";
}

SamBlockImpl::SamBlockImpl(SamBlockOptions options_)
    : options(std::move(options_)) {
  reset();
}

void SamBlockImpl::reset() {
  TORCH_CHECK_VALUE(
      options.window_size() >= 0,
      "SamBlock: window_size must be at least 0, got ",
      options.window_size());

  const auto norm =
      torch::nn::LayerNormOptions({options.width()}).eps(kNormEps);
  const int64_t attended_side =
      options.window_size() > 0 ? options.window_size() : options.table_side();
  norm1 = register_module("norm1", torch::nn::LayerNorm(norm));
  attention = register_module(
      "attention",
      SamAttention(SamAttentionOptions(
          options.width(), options.heads(), attended_side)));
  norm2 = register_module("norm2", torch::nn::LayerNorm(norm));
  mlp = register_module(
      "mlp",
      FeedForward(FeedForwardOptions(
          options.width(),
          static_cast<int64_t>(options.width() * options.mlp_ratio()))));
}

torch::Tensor SamBlockImpl::forward(const torch::Tensor& grid) {
  const int64_t side = grid.size(1);
  auto attended = norm1->forward(grid);
  if (options.window_size() > 0) {
    attended = join_windows(
        attention->forward(cut_into_windows(attended, options.window_size())),
        side);
  } else {
    attended = attention->forward(attended);
  }
  const auto x = grid + attended;
  return x + mlp->forward(norm2->forward(x));
}

void SamBlockImpl::pretty_print(std::ostream& stream) const {
  stream << "microfiche::encoder::SamBlock(" << options.width()
         << ", heads=" << options.heads()
         << ", window_size=" << options.window_size() << ")";
}

} // namespace microfiche::encoder
