#pragma once

#include "page/resolution_mode.h"
#include "page/tiling.h"

#include <cstdint>
#include <vector>

namespace microfiche::page {

// Note [Vision tokens and positions]
// A page has three counts:
//   nominal    vision tokens that the encoder makes: n * n for the global view
//              and m * m per tile, fewer if a token stands for several squares
//              (`TokenLayout`). The paper's count: 64, 100, 256, 400,
//              100k + 256, 256k + 400.
//   valid      vision tokens that the page covers: in a padded global view
//              ceil(tokens * shorter side / longer side). The paper rounds up;
//              the published code rounds down, in a number that it only prints.
//   positions  positions in the decoder's context: every row of the global view
//              and of the joined tiles ends with a newline, and a separator
//              ends the page. 73, 111, 273, 421, ... A layout without rows has
//              no newlines: 257 + 144k in DeepSeek-OCR 2.
// Padded tokens stay in the sequence.

/// See Note [Vision tokens and positions].
struct VisionTokenCounts {
  int64_t nominal = 0;
  int64_t valid = 0;
  int64_t positions = 0;

  bool operator==(const VisionTokenCounts&) const = default;
};

template <typename Visitor>
void visit_fields(Visitor&& visit, VisionTokenCounts& counts) {
  visit("nominal", counts.nominal);
  visit("valid", counts.valid);
  visit("positions", counts.positions);
}

/// Pixels per vision token, along one side, in the published models: patches of
/// 16, compressed by 4. With several squares per token, the side of one square.
inline constexpr int64_t kPixelsPerToken = 64;

/// Counts the vision tokens of a page in `mode`, cut into `grid`. Throws
/// `InputError` when the side of a view is not a whole number of squares, or a
/// view not a whole number of tokens.
VisionTokenCounts count_vision_tokens(
    const ResolutionMode& mode,
    TileGrid grid,
    int64_t page_width_px,
    int64_t page_height_px,
    int64_t pixels_per_token = kPixelsPerToken);

/// As above, with the grid of the mode for a page of this size.
VisionTokenCounts count_vision_tokens(
    const ResolutionMode& mode,
    int64_t page_width_px,
    int64_t page_height_px,
    int64_t pixels_per_token = kPixelsPerToken);

/// The nominal vision tokens of a square page that is as large as the global
/// view. Throws as above.
int64_t count_nominal_tokens(
    const ResolutionMode& mode,
    int64_t pixels_per_token = kPixelsPerToken);

/// For every position of a page in the decoder's sequence, the row of the
/// concatenation of
///   the tiles' tokens, tile after tile, each row by row  (k * m * m rows),
///   the global view's tokens, row by row                 (n * n rows),
///   the newline                                          (1 row),
///   the separator                                        (1 row).
///
/// The tiles are joined into one map of the page. Its rows come first, then the
/// rows of the global view; a newline follows each row, and the separator comes
/// last. In a layout without rows the tokens keep their order and the newline
/// is left out. `grid` 1 x 1 means a page without tiles.
///
/// Follows `forward` of modeling_deepseekocr.py (deepseek-ai/DeepSeek-OCR
/// e4ac34e) and of modeling_deepseekocr2.py (deepseek-ai/DeepSeek-OCR-2
/// 2f3699e).
///
/// `global_side` is n and `tile_side` m, both in squares; the layout says how
/// many tokens these are.
std::vector<int64_t> vision_token_order(
    int64_t global_side,
    TileGrid grid,
    int64_t tile_side,
    TokenLayout layout = {});

} // namespace microfiche::page
