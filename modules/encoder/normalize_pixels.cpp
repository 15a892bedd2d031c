#include "encoder/normalize_pixels.h"

#include <torch/torch.h>

namespace microfiche::encoder {

torch::Tensor normalize_pixels(
    const torch::Tensor& bytes,
    const torch::TensorOptions& like) {
  // In this order, so that float32 rounds as torchvision's ToTensor and
  // Normalize do.
  return bytes.to(like.device())
      .to(torch::kFloat32,
          /*non_blocking=*/false,
          /*copy=*/false,
          torch::MemoryFormat::Contiguous)
      .div_(255.0)
      .sub_(0.5)
      .div_(0.5)
      .to(like.dtype());
}

} // namespace microfiche::encoder
