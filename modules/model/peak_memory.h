#pragma once

#include <torch/types.h>

#include <cstdint>

namespace microfiche::model {

/// Largest memory in use since `reset_peak_memory`, in bytes: what is allocated
/// on a GPU, or the process's resident size where `device` is the CPU, the
/// model's weights included.
int64_t peak_memory_bytes(const torch::Device& device);

void reset_peak_memory(const torch::Device& device);

} // namespace microfiche::model
