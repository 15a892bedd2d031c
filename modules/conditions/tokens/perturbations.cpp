#include <torch/torch.h>

#include <cmath>

#include "conditions/tokens/token_condition.h"
#include "core/error.h"

namespace microfiche::conditions {
namespace {

/// Adds normal numbers whose deviation is `percent` of the root mean square of
/// the vision tokens.
void add_token_noise(TokenRows& page, double percent, RandomStream& random) {
  const auto positions = page.token_positions();
  const auto index =
      torch::tensor(positions, torch::kInt64).to(page.rows.device());
  const auto tokens = page.rows.index_select(0, index).to(torch::kFloat32);
  auto noise = torch::empty(tokens.sizes(), torch::kFloat32);
  float* value = noise.data_ptr<float>();
  for (int64_t i = 0; i < noise.numel(); ++i) {
    value[i] = static_cast<float>(random.normal());
  }
  const auto scale = tokens.square().mean().sqrt() * (percent / 100);
  page.rows = page.rows.index_copy(
      0,
      index,
      (tokens + noise.to(tokens.device()) * scale).to(page.rows.scalar_type()));
}

void permute_tokens(TokenRows& page, RandomStream& random) {
  const auto positions = page.token_positions();
  auto sources = positions;
  random.shuffle(sources);
  const auto index = [&](const std::vector<int64_t>& rows) {
    return torch::tensor(rows, torch::kInt64).to(page.rows.device());
  };
  page.rows = page.rows.index_copy(
      0, index(positions), page.rows.index_select(0, index(sources)));
}

/// Takes `percent` of the vision tokens, rounded, from the same positions of
/// the other page.
void take_from_other(
    TokenRows& page,
    const TokenRows& other,
    double percent,
    RandomStream& random) {
  check(
      other.kinds == page.kinds,
      "swap_tokens: the other page has ",
      other.kinds.size(),
      " positions in another order, this one ",
      page.kinds.size(),
      "; name it before conditions that drop tokens, and use pages of one "
      "size");
  auto positions = page.token_positions();
  random.shuffle(positions);
  positions.resize(
      std::llround(percent / 100 * static_cast<double>(positions.size())));
  const auto index =
      torch::tensor(positions, torch::kInt64).to(page.rows.device());
  page.rows = page.rows.index_copy(0, index, other.rows.index_select(0, index));
}

} // namespace

std::vector<TokenCondition> perturbations() {
  return {
      {{"token_noise",
        "normal noise on every number of the vision tokens",
        Strength{"% of their root mean square", 0, 1000}},
       [](TokenRows& page,
          const TokenContext&,
          double percent,
          RandomStream& random) { add_token_noise(page, percent, random); }},
      {{"permute", "the vision tokens in random order", std::nullopt},
       [](TokenRows& page, const TokenContext&, double, RandomStream& random) {
         permute_tokens(page, random);
       }},
      {{"swap_tokens",
        "vision tokens replaced by those of another page of the cell",
        Strength{"% of the vision tokens", 0, 100}},
       [](TokenRows& page,
          const TokenContext& context,
          double percent,
          RandomStream& random) {
         take_from_other(page, *context.other, percent, random);
       },
       /*needs_other_page=*/true}};
}

} // namespace microfiche::conditions
