#include "model/device.h"

#include "core/error.h"
#include "kernels/cpu/processor.h"

#include <torch/cuda.h>

#include <algorithm>

namespace microfiche::model {
namespace {

torch::Device find_device(const std::string& name) {
  const int64_t gpus = torch::cuda::is_available()
      ? static_cast<int64_t>(torch::cuda::device_count())
      : 0;
  if (name == "cpu" || (name == "auto" && gpus == 0)) {
    return torch::kCPU;
  }
  if (name == "auto") {
    return torch::Device(torch::kCUDA, 0);
  }
  const std::string number = name.starts_with("cuda:") ? name.substr(5) : "";
  const bool numbered = !number.empty() && number.size() <= 3 &&
      std::all_of(number.begin(), number.end(), [](char c) {
        return c >= '0' && c <= '9';
      });
  check<UsageError>(
      name == "cuda" || numbered,
      "--device ",
      name,
      ": expected auto, cpu, cuda or cuda:N");
  check<UsageError>(
      gpus > 0,
      "--device ",
      name,
      ": no GPU is usable: this is the CPU build, or the machine has none; use "
      "--device cpu, or see `microfiche doctor`");
  const int64_t index = numbered ? std::stol(number) : 0;
  check<UsageError>(
      index < gpus, "--device ", name, ": the GPUs are 0 to ", gpus - 1);
  return torch::Device(torch::kCUDA, static_cast<torch::DeviceIndex>(index));
}

bool auto_is_bf16(
    const std::string& config_dtype,
    const torch::Device& device) {
  return config_dtype == "bfloat16" ||
      (config_dtype != "float32" && device.is_cuda());
}

} // namespace

bool multiplies_bf16(const torch::Device& device) {
  return device.is_cuda() || kernels::has_bf16_instructions();
}

Placement find_placement(
    const std::string& device,
    const std::string& dtype,
    const std::string& config_dtype) {
  check<UsageError>(
      dtype == "auto" || dtype == "f32" || dtype == "bf16" || dtype == "int8" ||
          dtype == "int4",
      "--dtype ",
      dtype,
      ": expected auto, f32, bf16, int8 or int4");
  Placement placement;
  placement.device = find_device(device);
  placement.weights = dtype == "int4" ? WeightFormat::kInt4
      : dtype == "int8"               ? WeightFormat::kInt8
                                      : WeightFormat::kFloat;
  const bool multiplies = multiplies_bf16(placement.device);
  const bool bf16 = placement.weights != WeightFormat::kFloat
      ? multiplies || config_dtype == "bfloat16"
      : dtype == "auto" ? auto_is_bf16(config_dtype, placement.device)
                        : dtype == "bf16";
  placement.dtype = bf16 && multiplies ? torch::kBFloat16 : torch::kFloat32;
  placement.bf16_matrices = bf16 && !multiplies;
  return placement;
}

torch::Dtype weights_dtype(const Placement& placement) {
  return placement.bf16_matrices ? torch::kBFloat16 : placement.dtype;
}

std::string device_name(const torch::Device& device) {
  return device.str();
}

std::string dtype_name(const Placement& placement) {
  return placement.weights != WeightFormat::kFloat
      ? format_name(placement.weights)
      : weights_dtype(placement) == torch::kBFloat16 ? "bf16"
                                                     : "f32";
}

} // namespace microfiche::model
