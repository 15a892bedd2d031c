#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "conditions/tokens/token_condition.h"
#include "core/error.h"
#include "model/token_grid.h"

// P = positions, D = width of the decoder.

namespace microfiche::conditions {
namespace {

/// Leaves out the first `percent` of the vision tokens at `positions`, rounded.
void drop_first(
    TokenRows& page,
    const std::vector<int64_t>& positions,
    double percent) {
  const auto dropped =
      std::llround(percent / 100 * static_cast<double>(positions.size()));
  std::vector<bool> kept(page.kinds.size(), true);
  for (int64_t i = 0; i < dropped; ++i) {
    kept[positions[i]] = false;
  }
  std::vector<int64_t> rest;
  for (size_t i = 0; i < kept.size(); ++i) {
    if (kept[i]) {
      rest.push_back(static_cast<int64_t>(i));
    }
  }
  page.keep(rest);
}

/// The positions of the vision tokens by their Euclidean norm, smallest first.
std::vector<int64_t> positions_by_norm(const TokenRows& page) {
  const auto norms = page.rows.to(torch::kFloat64)
                         .norm(2, /*dim=*/1)
                         .to(torch::kCPU)
                         .contiguous(); // (P)
  const double* norm = norms.data_ptr<double>();
  auto positions = page.token_positions();
  std::stable_sort(
      positions.begin(), positions.end(), [&](int64_t a, int64_t b) {
        return norm[a] < norm[b];
      });
  return positions;
}

/// Replaces up to `run` adjacent vision tokens by their mean. Runs end at
/// newlines.
void merge_neighbours(TokenRows& page, int64_t run) {
  std::vector<int64_t> first;
  std::vector<torch::Tensor> rows;
  const auto size = static_cast<int64_t>(page.kinds.size());
  for (int64_t begin = 0; begin < size;) {
    int64_t end = begin + 1;
    while (page.kinds[begin] == TokenKind::kToken && end < size &&
           end < begin + run && page.kinds[end] == TokenKind::kToken) {
      ++end;
    }
    first.push_back(begin);
    rows.push_back(page.rows.narrow(0, begin, end - begin).mean(0));
    begin = end;
  }
  page.keep(first);
  page.rows = torch::stack(rows);
}

/// Leaves `side` rows and columns. Throws `InputError` for a page whose vision
/// tokens are no square with a newline per row: with tiles, in a flat layout,
/// or after tokens were left out.
void shrink_grid(TokenRows& page, int64_t side, model::GridReduction how) {
  const auto before = static_cast<int64_t>(std::llround(
      std::sqrt(static_cast<double>(page.token_positions().size()))));
  check(
      before >= 1 && page.kinds == token_kinds(before, {}, /*tile_side=*/0),
      "a page of ",
      page.kinds.size(),
      " positions is no square of vision tokens with a newline per row and a "
      "separator; only such a page can have fewer rows and columns");
  page.rows = model::shrink_token_grid(page.rows, before, side, how);
  page.kinds = token_kinds(side, {}, /*tile_side=*/0);
}

} // namespace

std::vector<TokenCondition> fewer_tokens() {
  const Strength percent{"% of the vision tokens", 0, 100};
  const Strength side{"rows and columns left", 1, 1024};
  const auto shrink_by = [](model::GridReduction how) {
    return
        [how](
            TokenRows& page, const TokenContext&, double left, RandomStream&) {
          shrink_grid(page, std::llround(left), how);
        };
  };
  return {
      {{"drop_random", "some vision tokens left out, drawn uniformly", percent},
       [](TokenRows& page,
          const TokenContext&,
          double percent,
          RandomStream& random) {
         auto positions = page.token_positions();
         random.shuffle(positions);
         drop_first(page, positions, percent);
       }},
      {{"drop_small_norm",
        "the vision tokens of the smallest norm left out",
        percent},
       [](TokenRows& page, const TokenContext&, double percent, RandomStream&) {
         drop_first(page, positions_by_norm(page), percent);
       }},
      {{"drop_large_norm",
        "the vision tokens of the largest norm left out",
        percent},
       [](TokenRows& page, const TokenContext&, double percent, RandomStream&) {
         auto positions = positions_by_norm(page);
         std::reverse(positions.begin(), positions.end());
         drop_first(page, positions, percent);
       }},
      {{"merge",
        "adjacent vision tokens are replaced by their mean",
        Strength{"tokens each", 1, 1024}},
       [](TokenRows& page, const TokenContext&, double run, RandomStream&) {
         merge_neighbours(page, std::llround(run));
       }},
      {{"pool_grid",
        "a smaller grid, each token the mean of neighbouring ones",
        side},
       shrink_by(model::GridReduction::kMean)},
      {{"drop_grid",
        "a smaller grid of the tokens in the middle of each share",
        side},
       shrink_by(model::GridReduction::kMiddle)}};
}

} // namespace microfiche::conditions
