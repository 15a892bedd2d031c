#pragma once

#include <torch/torch.h>

#include <ostream>

namespace microfiche::kernels {

/// The device and dtype of a case, and its tolerance to the float32 reference.
struct DtypeCase {
  torch::DeviceType device;
  torch::Dtype dtype;
  double tolerance;
};

inline std::ostream& operator<<(std::ostream& stream, const DtypeCase& one) {
  return stream << c10::DeviceTypeName(one.device) << "_" << one.dtype;
}

} // namespace microfiche::kernels
