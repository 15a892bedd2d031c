#pragma once

#include <torch/types.h>

namespace microfiche::encoder {

/// Pixels as the encoder takes them, for reading and for training alike: the
/// bytes 0 to 255 become -1 to 1, on the device and in the dtype of `like`.
///
/// Shapes: bytes: (B, C, H, W) uint8; returns (B, C, H, W), contiguous
torch::Tensor normalize_pixels(
    const torch::Tensor& bytes,
    const torch::TensorOptions& like);

} // namespace microfiche::encoder
