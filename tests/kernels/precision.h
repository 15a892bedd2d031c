#pragma once

#include <torch/torch.h>

#include <ostream>

namespace microfiche::kernels {

/// The device and dtype of a case, and its tolerance to the float32 reference.
struct Precision {
  torch::DeviceType device;
  torch::Dtype dtype;
  double tolerance;
};

inline std::ostream& operator<<(
    std::ostream& stream,
    const Precision& precision) {
  return stream << c10::DeviceTypeName(precision.device) << "_"
                << precision.dtype;
}

} // namespace microfiche::kernels
