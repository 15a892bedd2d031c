#include "memory/reading/shrink_tokens.h"

#include "core/error.h"
#include "model/token_grid.h"
#include "page/vision_token_order.h"

namespace microfiche::memory {

page::ResolutionMode encoded_mode(
    const AgeingConfig& ageing,
    const page::ResolutionMode& mode,
    const model::LoadedModel& loaded,
    const std::string& where) {
  if (!ageing.shrinks_tokens()) {
    return mode;
  }
  page::ResolutionMode from;
  try {
    from = loaded.find_mode(ageing.from);
  } catch (const UsageError& error) {
    throw InputError(
        concat(where, ": ageing.", mode.name, ".from: ", error.what()));
  }
  check(
      !from.tiled() && !mode.tiled() && from.layout.has_rows &&
          from.base_size_px > mode.base_size_px,
      where,
      ": ageing.",
      mode.name,
      ".from: the vision tokens of ",
      from.name,
      " cannot become those of ",
      mode.name,
      "; both must be rows of tokens without tiles, and ",
      from.name,
      " must have more");
  return from;
}

model::VisionTokens shrink_tokens(
    model::VisionTokens tokens,
    const AgeingConfig& ageing,
    const page::ResolutionMode& mode,
    const model::LoadedModel& loaded) {
  if (!ageing.shrinks_tokens()) {
    return tokens;
  }
  const int64_t token_side = loaded.config.pixels_per_token();
  const auto from = loaded.find_mode(ageing.from);
  tokens.sequence = model::shrink_token_grid(
      tokens.sequence.to(torch::kFloat32),
      from.base_size_px / token_side,
      mode.base_size_px / token_side,
      ageing.how == Ageing::kPooled ? model::GridReduction::kMean
                                    : model::GridReduction::kMiddle);
  tokens.mode = mode.name;
  tokens.counts = page::count_vision_tokens(
      mode, tokens.page_width_px, tokens.page_height_px, token_side);
  return tokens;
}

} // namespace microfiche::memory
