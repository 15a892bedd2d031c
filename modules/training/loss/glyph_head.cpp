#include "training/loss/glyph_head.h"

#include "data/glyph_points.h"

#include <cmath>

// B = pages, n = squares along a side, P = points, W = width of a cell.

namespace microfiche::training {

GlyphHeadImpl::GlyphHeadImpl(GlyphHeadOptions options_)
    : options(std::move(options_)) {
  reset();
}

void GlyphHeadImpl::reset() {
  const int64_t cells = options.cells();
  TORCH_CHECK_VALUE(
      cells >= 1 && options.pixels_per_token() % cells == 0,
      "GlyphHead: cells must divide pixels_per_token (",
      options.pixels_per_token(),
      "), got ",
      cells);
  const int64_t cell_px = options.pixels_per_token() / cells;
  const int64_t width = options.width();
  spread = register_module(
      "spread",
      torch::nn::Linear(
          options.token_width(),
          options.squares_per_token() * cells * cells * width));
  column = register_module("column", torch::nn::Embedding(cell_px, width));
  row = register_module("row", torch::nn::Embedding(cell_px, width));
  // Small compared with a normalised cell, so that at first the offset does not
  // dominate the token.
  torch::nn::init::normal_(column->weight, /*mean=*/0, /*std=*/0.2);
  torch::nn::init::normal_(row->weight, /*mean=*/0, /*std=*/0.2);
  norm = register_module(
      "norm", torch::nn::LayerNorm(torch::nn::LayerNormOptions({width})));
  hidden = register_module("hidden", torch::nn::Linear(width, width));
  classify = register_module(
      "classify", torch::nn::Linear(width, data::GlyphPoint::kNumLabels));
}

torch::Tensor GlyphHeadImpl::forward(
    const torch::Tensor& tokens,
    const torch::Tensor& points) {
  const int64_t squares =
      tokens.dim() == 3 ? tokens.size(1) * options.squares_per_token() : 0;
  const int64_t side = std::llround(std::sqrt(static_cast<double>(squares)));
  TORCH_CHECK(
      side >= 1 && side * side == squares &&
          tokens.size(2) == options.token_width() && points.dim() == 3 &&
          points.size(0) == tokens.size(0) && points.size(2) == 2,
      "GlyphHead: expected tokens (B, n * n / ",
      options.squares_per_token(),
      ", ",
      options.token_width(),
      ") and points (B, P, 2), got ",
      tokens.sizes(),
      " and ",
      points.sizes());
  const int64_t cells = options.cells();
  const int64_t cell_px = options.pixels_per_token() / cells;

  const auto pixel = points.to(torch::kInt64);
  const auto cell = pixel.div(cell_px, "floor"); // (B, P, 2), over the page
  const auto square = cell.div(cells, "floor");
  const auto inside = cell - square * cells;
  const auto xy = [](const torch::Tensor& pairs, int64_t i) {
    return pairs.select(/*dim=*/2, i);
  };
  const auto index =
      ((xy(square, 1) * side + xy(square, 0)) * cells + xy(inside, 1)) * cells +
      xy(inside, 0); // (B, P), cells of a square together
  const auto offset = pixel - cell * cell_px;

  const auto spread_cells =
      spread(tokens).view({tokens.size(0), -1, options.width()});
  auto x = spread_cells.gather(
      /*dim=*/1,
      index.unsqueeze(2).expand({-1, -1, options.width()})); // (B, P, W)
  // Unnormalised tokens of large norm would dominate the offset.
  x = norm(x) + column(xy(offset, 0)) + row(xy(offset, 1));
  x = torch::gelu(hidden(torch::gelu(x)));
  return classify(x).to(torch::kFloat32);
}

void GlyphHeadImpl::pretty_print(std::ostream& stream) const {
  stream << "microfiche::training::GlyphHead(token_width="
         << options.token_width() << ", width=" << options.width()
         << ", cells=" << options.cells() << ")";
}

} // namespace microfiche::training
