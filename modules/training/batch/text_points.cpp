#include "training/batch/text_points.h"

#include <torch/torch.h>

#include <algorithm>
#include <cmath>

// B = texts, L = longest answer.

namespace microfiche::training {

torch::Tensor points_of_texts(
    const text_compression::TextCompressorConfig& config,
    const std::vector<std::vector<int64_t>>& answers,
    const VectorLayout& layout) {
  size_t longest = 0;
  for (const auto& answer : answers) {
    longest = std::max(longest, answer.size());
  }
  const int64_t cells = layout.cells * layout.cells;
  const double cell_px =
      static_cast<double>(layout.square_px) / static_cast<double>(layout.cells);
  // The centre of a cell along an axis.
  const auto px = [&](int64_t square, int64_t cell) {
    return static_cast<float>(
        static_cast<double>(square * layout.square_px) +
        (static_cast<double>(cell) + 0.5) * cell_px);
  };
  std::vector<float> points(answers.size() * longest * 2, -1);
  for (size_t row = 0; row < answers.size(); ++row) {
    const auto positions = text_compression::positions_in_vectors(
        config,
        static_cast<int64_t>(answers[row].size()) - 1,
        layout.vectors());
    for (size_t i = 0; i < positions.size(); ++i) {
      if (positions[i] < 0) {
        continue;
      }
      const double position =
          positions[i] * static_cast<double>(layout.squares_per_vector);
      const auto square = static_cast<int64_t>(position);
      const auto cell = static_cast<int64_t>(std::floor(
          (position - static_cast<double>(square)) *
          static_cast<double>(cells)));
      float* point = &points[2 * (row * longest + i)];
      point[0] = px(square % layout.side, cell % layout.cells);
      point[1] = px(square / layout.side, cell / layout.cells);
    }
  }
  return torch::tensor(points, torch::kFloat32)
      .view(
          {static_cast<int64_t>(answers.size()),
           static_cast<int64_t>(longest),
           2});
}

} // namespace microfiche::training
