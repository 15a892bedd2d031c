#pragma once

#include <torch/types.h>

#include <cstdint>

namespace microfiche::model {

/// Peak memory in bytes since `reset_peak_memory`, with the model's weights:
/// the allocated memory of a GPU, or the resident size of the process for a
/// CPU.
int64_t peak_memory_bytes(const torch::Device& device);

void reset_peak_memory(const torch::Device& device);

} // namespace microfiche::model
