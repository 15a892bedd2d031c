#pragma once

#include "model/quantization.h"

#include <torch/types.h>

#include <string>

namespace microfiche::model {

/// Device and dtype of a model.
struct Placement {
  torch::Device device = torch::kCPU;

  /// Of activations, and of weights that are not quantized.
  torch::Dtype dtype = torch::kFloat32;

  /// The weights of linear layers; see Note [Weight-only int8] and Note
  /// [Weight-only int4].
  WeightFormat weights = WeightFormat::kFloat;

  /// Activations are float32, but the token embedding and the linear layers
  /// that are not quantized stay in bf16; see Note [bf16 without instructions
  /// for it].
  bool bf16_matrices = false;
};

/// Whether the device multiplies bf16 faster than f32. A CPU without
/// instructions for bf16 is several times slower in it.
bool multiplies_bf16(const torch::Device& device);

/// The placement for a device and a dtype.
///
/// `device` is "auto" (a GPU if there is one), "cpu", "cuda" or "cuda:N".
/// `dtype` is "auto", "f32", "bf16", "int8" or "int4". "auto" means
/// `config_dtype`, the dtype of a model's config.json; if that is empty or
/// "float16", bf16 on a GPU and f32 on a CPU. bf16, int8 and int4 compute in
/// bf16 on a GPU and on a CPU with bf16 instructions, else in f32. There int8
/// and int4 are rounded from, and stand beside, weights in the type of
/// `config_dtype`. Throws `UsageError` for other names and for a missing
/// device.
Placement find_placement(
    const std::string& device,
    const std::string& dtype,
    const std::string& config_dtype = "");

/// The dtype of weights that are not quantized, in files and in estimates.
torch::Dtype weights_dtype(const Placement& placement);

/// "cpu" or "cuda:N"; "f32", "bf16", "int8" or "int4".
std::string device_name(const torch::Device& device);
std::string dtype_name(const Placement& placement);

} // namespace microfiche::model
