#include "layers/rotary_embedding.h"

#include <torch/torch.h>

// B = rows, L = positions, D = channels of a head.

namespace microfiche::layers {

Rotation make_rotation(
    const torch::Tensor& positions,
    int64_t head_dim,
    double theta,
    torch::Dtype dtype) {
  const auto float32 =
      torch::TensorOptions(torch::kFloat32).device(positions.device());
  const auto exponents =
      torch::arange(0, head_dim, 2, float32) / static_cast<double>(head_dim);
  const auto frequencies = torch::pow(theta, exponents).reciprocal(); // (D / 2)
  const auto angles = positions.to(torch::kFloat32).unsqueeze(-1) * frequencies;
  return {
      angles.cos().to(dtype).unsqueeze(1),
      angles.sin().to(dtype).unsqueeze(1)}; // (B or 1, 1, L, D / 2)
}

torch::Tensor apply_rotary(const torch::Tensor& x, const Rotation& rotation) {
  const auto& [cos, sin] = rotation;
  const auto halves = x.chunk(2, /*dim=*/-1);
  return torch::cat(
      {halves[0] * cos - halves[1] * sin, halves[1] * cos + halves[0] * sin},
      /*dim=*/-1);
}

} // namespace microfiche::layers
