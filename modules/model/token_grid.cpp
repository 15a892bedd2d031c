#include "model/token_grid.h"

#include "core/error.h"

#include <torch/torch.h>

#include <vector>

// D = width of the decoder.

namespace microfiche::model {

torch::Tensor shrink_token_grid(
    const torch::Tensor& sequence,
    int64_t n,
    int64_t m,
    GridReduction how) {
  TORCH_CHECK(
      sequence.dim() == 2 && sequence.size(0) == n * (n + 1) + 1,
      "shrink_token_grid: expected ",
      n,
      " rows of as many vision tokens, each with a newline, and a separator, "
      "got ",
      sequence.sizes());
  check(
      m >= 1 && m <= n,
      "a page of ",
      n,
      " x ",
      n,
      " vision tokens cannot have ",
      m,
      " rows and columns");
  const int64_t width = sequence.size(1);
  const auto rows =
      sequence.narrow(0, 0, n * (n + 1)).reshape({n, n + 1, width});
  auto tokens = rows.narrow(1, 0, n); // (n, n, D)
  if (how == GridReduction::kMean) {
    // In f32, because means of bf16 lose digits.
    tokens = torch::adaptive_avg_pool2d(
                 tokens.permute({2, 0, 1}).to(torch::kFloat32), {m, m})
                 .permute({1, 2, 0})
                 .to(sequence.scalar_type());
  } else {
    std::vector<int64_t> middle;
    for (int64_t i = 0; i < m; ++i) {
      middle.push_back((2 * i + 1) * n / (2 * m));
    }
    const auto index = torch::tensor(middle, torch::kInt64).to(rows.device());
    tokens = tokens.index_select(0, index).index_select(1, index);
  }
  // (m, 1, D): the newlines are all the same.
  const auto newlines = rows.narrow(0, 0, m).narrow(1, n, 1);
  return torch::cat(
      {torch::cat({tokens, newlines}, 1).reshape({m * (m + 1), width}),
       sequence.narrow(0, n * (n + 1), 1)});
}

} // namespace microfiche::model
