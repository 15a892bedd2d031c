#include "training/text_places.h"

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
  const int64_t cells = layout.places * layout.places;
  const double cell_px = static_cast<double>(layout.token_side_px) /
      static_cast<double>(layout.places);
  // The middle of a cell, from the cell's number along an axis.
  const auto px = [&](int64_t token, int64_t cell) {
    return static_cast<float>(
        static_cast<double>(token * layout.token_side_px) +
        (static_cast<double>(cell) + 0.5) * cell_px);
  };
  std::vector<float> points(answers.size() * longest * 2, -1);
  for (size_t row = 0; row < answers.size(); ++row) {
    const auto places = text_compression::places_in_vectors(
        config,
        static_cast<int64_t>(answers[row].size()) - 1,
        layout.side * layout.side);
    for (size_t i = 0; i < places.size(); ++i) {
      if (places[i] < 0) {
        continue;
      }
      const auto vector = static_cast<int64_t>(places[i]);
      const auto cell = static_cast<int64_t>(std::floor(
          (places[i] - static_cast<double>(vector)) *
          static_cast<double>(cells)));
      float* point = &points[2 * (row * longest + i)];
      point[0] = px(vector % layout.side, cell % layout.places);
      point[1] = px(vector / layout.side, cell / layout.places);
    }
  }
  return torch::tensor(points, torch::kFloat32)
      .view(
          {static_cast<int64_t>(answers.size()),
           static_cast<int64_t>(longest),
           2});
}

} // namespace microfiche::training
