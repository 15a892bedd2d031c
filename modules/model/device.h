#pragma once

#include <torch/types.h>

#include <string>

namespace microfiche::model {

/// Where a model runs and in which numbers.
struct Placement {
  torch::Device device = torch::kCPU;
  torch::Dtype dtype = torch::kFloat32;
};

/// The device and dtype of those names.
///
/// `device` is "auto" (a GPU where there is one), "cpu", "cuda" or "cuda:N".
/// `dtype` is "auto" (bf16 on a GPU, f32 elsewhere), "f32" or "bf16". Throws
/// `UsageError` for any other name and for a device that is not there, saying
/// which are.
Placement find_placement(const std::string& device, const std::string& dtype);

/// "cpu" or "cuda:N"; "f32" or "bf16".
std::string device_name(const torch::Device& device);
std::string dtype_name(torch::Dtype dtype);

} // namespace microfiche::model
