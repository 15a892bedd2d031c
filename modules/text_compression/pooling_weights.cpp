#include "text_compression/pooling_weights.h"

#include <torch/torch.h>

#include <algorithm>

// B = texts, T = ids of the longest.

namespace microfiche::text_compression {
namespace {

torch::Tensor as_weights(
    std::vector<float> weights,
    int64_t texts,
    int64_t vectors,
    int64_t longest,
    const torch::TensorOptions& like) {
  return torch::tensor(weights, torch::kFloat32)
      .view({texts, vectors, longest})
      .to(like.device(), torch::typeMetaToScalarType(like.dtype()));
}

} // namespace

torch::Tensor mean_weights(
    const std::vector<int64_t>& lengths,
    int64_t vectors,
    int64_t longest,
    const torch::TensorOptions& like) {
  const auto texts = static_cast<int64_t>(lengths.size());
  std::vector<float> weights(texts * vectors * longest, 0);
  for (int64_t text = 0; text < texts; ++text) {
    const int64_t length = lengths[text];
    std::vector<int64_t> vector_of(length);
    std::vector<int64_t> count(vectors, 0);
    for (int64_t i = 0; i < length; ++i) {
      vector_of[i] = (2 * i + 1) * vectors / (2 * length);
      ++count[vector_of[i]];
    }
    for (int64_t i = 0; i < length; ++i) {
      weights[(text * vectors + vector_of[i]) * longest + i] =
          1.0F / static_cast<float>(count[vector_of[i]]);
    }
  }
  return as_weights(std::move(weights), texts, vectors, longest, like);
}

torch::Tensor truncation_weights(
    const std::vector<int64_t>& lengths,
    int64_t vectors,
    int64_t longest,
    bool last,
    const torch::TensorOptions& like) {
  const auto texts = static_cast<int64_t>(lengths.size());
  std::vector<float> weights(texts * vectors * longest, 0);
  for (int64_t text = 0; text < texts; ++text) {
    const int64_t begin =
        last ? std::max<int64_t>(lengths[text] - vectors, 0) : 0;
    const int64_t end = std::min(begin + vectors, lengths[text]);
    for (int64_t i = begin; i < end; ++i) {
      weights[(text * vectors + i - begin) * longest + i] = 1;
    }
  }
  return as_weights(std::move(weights), texts, vectors, longest, like);
}

} // namespace microfiche::text_compression
