#pragma once

#include <torch/types.h>

#include <string>

namespace microfiche::model {

/// Where a model runs and in which numbers.
struct Placement {
  torch::Device device = torch::kCPU;

  /// Of activations, and of weights that are not int8.
  torch::Dtype dtype = torch::kFloat32;

  /// The weights of linear layers are int8; Note [Weight-only int8].
  bool int8 = false;
};

/// The device and dtype of those names.
///
/// `device` is "auto" (a GPU where there is one), "cpu", "cuda" or "cuda:N".
/// `dtype` is "auto", "f32", "bf16" or "int8". "auto" is what `torch_dtype`
/// says, a model's config.json field of that name; where that is empty or
/// "float16", bf16 on a GPU and f32 elsewhere. int8 computes in bf16 on a GPU
/// and on a CPU with instructions for it, in f32 on others. Throws `UsageError`
/// for any other name and for a device that is not there, saying which are.
Placement find_placement(
    const std::string& device,
    const std::string& dtype,
    const std::string& torch_dtype = "");

/// "cpu" or "cuda:N"; "f32", "bf16" or "int8".
std::string device_name(const torch::Device& device);
std::string dtype_name(const Placement& placement);

} // namespace microfiche::model
