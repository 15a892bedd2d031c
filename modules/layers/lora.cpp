#include "layers/lora.h"

#include <torch/torch.h>

namespace microfiche::layers {

torch::Tensor Lora::forward(const torch::Tensor& x) const {
  const auto kept =
      dropout > 0 && training ? torch::dropout(x, dropout, /*train=*/true) : x;
  const auto narrow = torch::linear(kept, a.to(x.scalar_type())); // (..., r)
  return torch::linear(narrow, b.to(x.scalar_type())) * scale;
}

} // namespace microfiche::layers
