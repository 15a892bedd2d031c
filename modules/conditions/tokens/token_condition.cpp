#include "conditions/tokens/token_condition.h"

#include <torch/torch.h>

#include "page/vision_token_order.h"

namespace microfiche::conditions {

std::vector<int64_t> TokenRows::token_places() const {
  std::vector<int64_t> places;
  for (size_t i = 0; i < kinds.size(); ++i) {
    if (kinds[i] == TokenKind::kToken) {
      places.push_back(static_cast<int64_t>(i));
    }
  }
  return places;
}

void TokenRows::keep(const std::vector<int64_t>& places) {
  rows = rows.index_select(
      0, torch::tensor(places, torch::kInt64).to(rows.device()));
  std::vector<TokenKind> kept;
  for (const int64_t place : places) {
    kept.push_back(kinds[place]);
  }
  kinds = std::move(kept);
}

std::vector<TokenKind>
token_kinds(int64_t global_side, page::TileGrid grid, int64_t tile_side) {
  const auto order = page::vision_token_order(global_side, grid, tile_side);
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
      coarser_tokens(),
      wrong_tokens(),
      left_out(),
  });
  return all;
}

} // namespace microfiche::conditions
