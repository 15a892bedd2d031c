#pragma once

#include <torch/types.h>

namespace microfiche::kernels {

/// Bytes per second at which a sum of a tensor of 512 MiB reads the memory of a
/// device, on a CPU with LibTorch's threads. The fastest of several sums.
double read_bandwidth(const torch::Device& device = torch::kCPU);

} // namespace microfiche::kernels
