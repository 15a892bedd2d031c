#include "encoder/sam_block.h"

#include "encoder/initialization.h"
#include "kernels/rel_pos_attention.h"

#include <utility>

// B = pages, tiles or windows, S = side of a grid, C = width, D = channels of a
// head.

namespace microfiche::encoder {

namespace {

// Resamples a table to a grid of another side, (2 * side - 1, D).
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

// (B, S, S, C) -> (B * windows, w, w, C), padded with `fill` (C) on the right
// and at the bottom.
torch::Tensor
cut_into_windows(torch::Tensor grid, int64_t w, const torch::Tensor& fill) {
  const int64_t batch = grid.size(0), side = grid.size(1);
  const int64_t channels = grid.size(3);
  const int64_t across = (side + w - 1) / w;
  const int64_t pad = across * w - side;
  if (pad > 0) {
    const auto padding = fill.to(grid.scalar_type());
    grid = torch::cat(
        {grid, padding.expand({batch, side, pad, channels})}, /*dim=*/2);
    grid = torch::cat(
        {grid, padding.expand({batch, pad, side + pad, channels})}, /*dim=*/1);
  }
  return grid.reshape({batch, across, w, across, w, channels})
      .transpose(2, 3)
      .reshape({-1, w, w, channels});
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
  TORCH_CHECK_VALUE(
      options.window_size() >= 0,
      "SamAttention: window_size must be at least 0, got ",
      options.window_size());

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
  const int64_t window = options.window_size();
  auto x = qkv->forward(grid); // (B, S, S, 3 * C)
  if (window > 0) {
    x = cut_into_windows(x, window, qkv->bias);
  }
  const int64_t side = x.size(1);
  const int64_t head_dim = options.width() / options.heads();
  const auto heads = x.reshape({-1, side * side, 3, options.heads(), head_dim})
                         .permute({2, 0, 3, 1, 4})
                         .unbind(0); // 3 x (B, heads, side * side, D)
  auto attended = kernels::rel_pos_attention(
                      heads[0],
                      heads[1],
                      heads[2],
                      resize_rel_pos(rel_pos_h, side),
                      resize_rel_pos(rel_pos_w, side),
                      side)
                      .transpose(1, 2)
                      .reshape({-1, side, side, options.width()});
  if (window > 0) {
    attended = join_windows(attended, grid.size(1));
  }
  return projection->forward(attended);
}

void SamAttentionImpl::pretty_print(std::ostream& stream) const {
  stream << "microfiche::encoder::SamAttention(" << options.width()
         << ", heads=" << options.heads()
         << ", table_side=" << options.table_side()
         << ", window_size=" << options.window_size() << ")";
}

SamBlockImpl::SamBlockImpl(SamBlockOptions options_)
    : options(std::move(options_)) {
  reset();
}

void SamBlockImpl::reset() {
  const auto norm =
      torch::nn::LayerNormOptions({options.width()}).eps(kSamNormEps);
  const int64_t attended_side =
      options.window_size() > 0 ? options.window_size() : options.table_side();
  norm1 = register_module("norm1", torch::nn::LayerNorm(norm));
  attention = register_module(
      "attention",
      SamAttention(
          SamAttentionOptions(options.width(), options.heads(), attended_side)
              .window_size(options.window_size())));
  norm2 = register_module("norm2", torch::nn::LayerNorm(norm));
  mlp = register_module(
      "mlp",
      FeedForward(FeedForwardOptions(
          options.width(),
          static_cast<int64_t>(options.width() * options.mlp_ratio()))));
}

torch::Tensor SamBlockImpl::forward(const torch::Tensor& grid) {
  const auto x = grid + attention->forward(norm1->forward(grid));
  return x + mlp->forward(norm2->forward(x));
}

void SamBlockImpl::pretty_print(std::ostream& stream) const {
  stream << "microfiche::encoder::SamBlock(" << options.width()
         << ", heads=" << options.heads()
         << ", window_size=" << options.window_size() << ")";
}

} // namespace microfiche::encoder
