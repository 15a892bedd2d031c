#include <torch/torch.h>

#include "conditions/tokens/token_condition.h"
#include "conditions/tokens/token_floors.h"

namespace microfiche::conditions {
namespace {

/// Leaves out the positions of one kind.
void remove_kind(TokenRows& page, TokenKind kind) {
  std::vector<int64_t> rest;
  for (size_t i = 0; i < page.kinds.size(); ++i) {
    if (page.kinds[i] != kind) {
      rest.push_back(static_cast<int64_t>(i));
    }
  }
  page.keep(rest);
}

TokenCondition without_tower(const char* name, Tower tower) {
  return {
      {name,
       "this tower's half of the features is zero before the projector",
       std::nullopt},
      [](TokenRows&, const TokenContext&, double, RandomStream&) {},
      /*needs_other_page=*/false,
      tower};
}

TokenCondition
without_kind(const char* name, const char* description, TokenKind kind) {
  return {
      {name, description, std::nullopt},
      [kind](TokenRows& page, const TokenContext&, double, RandomStream&) {
        remove_kind(page, kind);
      },
      /*needs_other_page=*/false,
      /*zeroed=*/std::nullopt,
      /*removed=*/kind};
}

void zero_tokens(TokenRows& page, const TokenContext&, double, RandomStream&) {
  page.rows = page.rows.index_fill(
      0,
      torch::tensor(page.token_positions(), torch::kInt64)
          .to(page.rows.device()),
      0);
}

} // namespace

std::vector<TokenCondition> ablations() {
  TokenCondition zeroed{zero_tokens_info(), zero_tokens};
  TokenCondition alone{
      prompt_alone_info(),
      [](TokenRows& page, const TokenContext&, double, RandomStream&) {
        page.keep({});
      }};
  return {
      without_tower("zero_sam", Tower::kSam),
      without_tower("zero_clip", Tower::kClip),
      without_kind(
          "no_newlines",
          "without the newlines that end a row of vision tokens",
          TokenKind::kNewline),
      without_kind(
          "no_separator",
          "without the separator that ends the page",
          TokenKind::kSeparator),
      std::move(zeroed),
      std::move(alone)};
}

} // namespace microfiche::conditions
