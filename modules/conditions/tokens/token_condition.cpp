#include "conditions/tokens/token_condition.h"

#include <torch/torch.h>

#include "page/vision_token_order.h"

namespace microfiche::conditions {

std::vector<int64_t> TokenRows::token_positions() const {
  std::vector<int64_t> positions;
  for (size_t i = 0; i < kinds.size(); ++i) {
    if (kinds[i] == TokenKind::kToken) {
      positions.push_back(static_cast<int64_t>(i));
    }
  }
  return positions;
}

void TokenRows::keep(const std::vector<int64_t>& positions) {
  rows = rows.index_select(
      0, torch::tensor(positions, torch::kInt64).to(rows.device()));
  std::vector<TokenKind> kept;
  for (const int64_t position : positions) {
    kept.push_back(kinds[position]);
  }
  kinds = std::move(kept);
}

std::vector<TokenKind> token_kinds(
    int64_t global_side,
    page::TileGrid grid,
    int64_t tile_side,
    page::TokenLayout layout) {
  const auto order =
      page::vision_token_order(global_side, grid, tile_side, layout);
  // The separator ends the sequence, and the newline is the row before it.
  const int64_t separator = order.back();
  std::vector<TokenKind> kinds;
  for (const int64_t row : order) {
    kinds.push_back(
        row == separator           ? TokenKind::kSeparator
            : row == separator - 1 ? TokenKind::kNewline
                                   : TokenKind::kToken);
  }
  return kinds;
}

const std::vector<TokenCondition>& token_conditions() {
  static const auto all = join_families<TokenCondition>({
      fewer_tokens(),
      quantization(),
      perturbations(),
      ablations(),
  });
  return all;
}

} // namespace microfiche::conditions
