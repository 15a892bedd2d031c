#include "model/device.h"

#include "core/error.h"

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
      ": no GPU is usable here: this is either the CPU build or a machine "
      "without one; --device cpu works, and `microfiche doctor` says more");
  const int64_t index = numbered ? std::stol(number) : 0;
  check<UsageError>(
      index < gpus,
      "--device ",
      name,
      ": there are GPUs 0 to ",
      gpus - 1,
      " only");
  return torch::Device(torch::kCUDA, static_cast<torch::DeviceIndex>(index));
}

torch::Dtype find_dtype(const std::string& name, const torch::Device& device) {
  if (name == "auto") {
    return device.is_cuda() ? torch::kBFloat16 : torch::kFloat32;
  }
  check<UsageError>(
      name != "int8",
      "--dtype int8: not in this version; --dtype bf16 halves the memory of "
      "f32");
  check<UsageError>(
      name == "f32" || name == "bf16",
      "--dtype ",
      name,
      ": expected auto, f32 or bf16");
  return name == "f32" ? torch::kFloat32 : torch::kBFloat16;
}

} // namespace

Placement find_placement(const std::string& device, const std::string& dtype) {
  Placement placement;
  placement.device = find_device(device);
  placement.dtype = find_dtype(dtype, placement.device);
  return placement;
}

std::string device_name(const torch::Device& device) {
  return device.str();
}

std::string dtype_name(torch::Dtype dtype) {
  return dtype == torch::kBFloat16 ? "bf16" : "f32";
}

} // namespace microfiche::model
