#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>

// The interface between kernels/rms_norm.cpp, which uses LibTorch, and
// rms_norm.cu, which does not.

namespace microfiche::kernels {

enum class RmsNormType { kFloat32, kFloat16, kBFloat16 };

struct RmsNormArguments {
  /// Contiguous, (rows, width), in device memory.
  const void* x;
  /// (width), of the same type.
  const void* weight;
  /// The result, (rows, width).
  void* y;
  int64_t rows;
  int64_t width;
  float eps;
  RmsNormType type;
  cudaStream_t stream;
};

/// Launches the kernel on the stream. `rows` must not be zero.
cudaError_t launch_rms_norm(const RmsNormArguments& arguments);

} // namespace microfiche::kernels
