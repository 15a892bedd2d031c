#include "training/parameter.h"

namespace microfiche::training {
namespace {

bool is_finite(const torch::Tensor& tensor) {
  return !tensor.defined() || tensor.isfinite().all().item<bool>();
}

} // namespace

std::vector<Parameter> with_masters(
    const std::vector<std::pair<std::string, torch::Tensor>>& parameters) {
  std::vector<Parameter> result;
  for (const auto& [name, tensor] : parameters) {
    // `detach` shares memory: a float32 parameter is its own master.
    result.push_back({name, tensor, tensor.detach().to(torch::kFloat32)});
  }
  return result;
}

void round_weights(
    const std::vector<Parameter>& parameters,
    torch::Dtype dtype) {
  const torch::NoGradGuard no_grad;
  for (const auto& parameter : parameters) {
    if (parameter.tensor.scalar_type() != dtype) {
      parameter.tensor.set_data(parameter.master.to(dtype));
    }
  }
}

std::string first_not_finite(const std::vector<Parameter>& parameters) {
  for (const auto& parameter : parameters) {
    if (!is_finite(parameter.master)) {
      return "first weight that is not finite: " + parameter.name;
    }
  }
  for (const auto& parameter : parameters) {
    if (!is_finite(parameter.tensor.grad())) {
      return "first gradient that is not finite: " + parameter.name;
    }
  }
  return "all weights are finite; the pages may not be";
}

} // namespace microfiche::training
