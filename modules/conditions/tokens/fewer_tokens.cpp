#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "conditions/tokens/token_condition.h"

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

} // namespace

std::vector<TokenCondition> fewer_tokens() {
  const Strength percent{"% of the vision tokens", 0, 100};
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
       }}};
}

} // namespace microfiche::conditions
