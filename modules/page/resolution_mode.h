#pragma once

#include "core/config.h"

#include <cstdint>
#include <string>
#include <vector>

namespace microfiche::page {

/// The largest number of tiles per page.
inline constexpr int64_t kMaxTiles = 256;

/// The longest side of a view, in pixels.
inline constexpr int64_t kMaxSide = 4096;

/// How a page becomes the square that the encoder takes.
enum class Fit {
  /// Stretched to the square, which changes the aspect ratio.
  kStretch,
  /// Resized to fit, then centred on grey.
  kPad,
};

NLOHMANN_JSON_SERIALIZE_ENUM(
    Fit,
    {{Fit::kStretch, "stretch"}, {Fit::kPad, "pad"}})

/// What the vision tokens of a page stand for and how they follow one another
/// in the decoder's sequence. It belongs to the model, not to what a user
/// writes about a mode.
struct TokenLayout {
  /// With rows, the tiles are joined to one map of the page, and a newline ends
  /// each row of the map and of the global view. Without, tile follows tile,
  /// then the global view, and there are no newlines.
  bool has_rows = true;

  /// Squares of a view, `pixels_per_token` wide, per vision token. A view is a
  /// sequence of squares, row by row, and each token stands for this number of
  /// successive squares. Above 1 only without rows.
  int64_t squares_per_token = 1;

  bool operator==(const TokenLayout&) const = default;
};

/// How a page becomes the encoder's views. It decides how many vision tokens
/// the page costs.
struct ResolutionMode {
  /// Name of the mode, for `--mode` and for configs.
  std::string name;

  /// Side in pixels of the global view, which shows the whole page; 1 to 4096.
  int64_t base_size_px = 1024;

  /// How the page becomes the square of the global view: "stretch" changes the
  /// aspect ratio, "pad" resizes the page to fit and centres it on grey.
  Fit fit = Fit::kPad;

  /// Side of a tile in pixels, at most 4096; 0 for a mode without tiles.
  int64_t tile_size_px = 0;

  /// Minimum number of tiles of a page that is cut, at least 1.
  int64_t min_tiles = 2;

  /// Maximum number of tiles of a page, at most 256.
  int64_t max_tiles = 9;

  /// A page is not cut into tiles if no side is longer than this many pixels; 0
  /// means the side of a tile.
  int64_t untiled_up_to_px = 0;

  /// That of the model whose mode it is; not among the visited fields.
  TokenLayout layout = {};

  bool tiled() const {
    return tile_size_px > 0;
  }
};

template <typename Visitor>
void visit_fields(Visitor&& visit, ResolutionMode& mode) {
  visit("name", mode.name);
  visit("base_size_px", mode.base_size_px);
  visit("fit", mode.fit);
  visit("tile_size_px", mode.tile_size_px);
  visit("min_tiles", mode.min_tiles);
  visit("max_tiles", mode.max_tiles);
  visit("untiled_up_to_px", mode.untiled_up_to_px);
}

/// Throws `InputError`, whose message starts with `where`, for a mode without a
/// name, with sides outside [1, 4096] or with more than 256 tiles.
void validate(const ResolutionMode& mode, const std::string& where);

/// The six modes of the paper: tiny, small, base, large, gundam, gundam-m.
///
/// Source: DeepSeek-OCR, arXiv:2510.18234, "Multiple Resolution Support".
/// Follows `infer` of modeling_deepseekocr.py (up to nine tiles). For gundam-m,
/// which that file does not support, follows the configuration for vLLM
/// (deepseek-ai/DeepSeek-OCR e4ac34e).
const std::vector<ResolutionMode>& official_modes();

/// The modes of DeepSeek-OCR 2: dynamic, base and 768.
///
/// Source: `infer` of modeling_deepseekocr2.py (deepseek-ai/DeepSeek-OCR-2
/// 2f3699e); the README has only dynamic.
const std::vector<ResolutionMode>& flow_modes();

/// The mode of this name among `own_modes`, then among `published`. Throws
/// `UsageError`, which lists the names, when there is none.
ResolutionMode find_mode(
    const std::string& name,
    const std::vector<ResolutionMode>& own_modes = {},
    const std::vector<ResolutionMode>& published = official_modes());

} // namespace microfiche::page
