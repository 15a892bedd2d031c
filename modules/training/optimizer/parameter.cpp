#include "training/optimizer/parameter.h"

namespace microfiche::training {

void make_master(Parameter& parameter) {
  // `detach` shares memory: a float32 parameter is its own master.
  parameter.master = parameter.tensor.detach().to(torch::kFloat32);
}

std::vector<Parameter> with_masters(
    const std::vector<std::pair<std::string, torch::Tensor>>& parameters) {
  std::vector<Parameter> result;
  for (const auto& [name, tensor] : parameters) {
    result.push_back({name, tensor, {}});
    make_master(result.back());
  }
  return result;
}

void round_weights(
    const std::vector<Parameter>& parameters,
    torch::Dtype dtype) {
  const torch::NoGradGuard no_grad;
  for (const auto& parameter : parameters) {
    auto tensor = parameter.tensor;
    if (tensor.scalar_type() != dtype) {
      tensor.set_data(tensor.detach().to(dtype));
    }
  }
}

void copy_masters_to_weights(const std::vector<Parameter>& parameters) {
  const torch::NoGradGuard no_grad;
  std::vector<torch::Tensor> rounded;
  std::vector<torch::Tensor> masters;
  for (const auto& parameter : parameters) {
    if (parameter.master.defined() &&
        !parameter.tensor.is_alias_of(parameter.master)) {
      rounded.push_back(parameter.tensor);
      masters.push_back(parameter.master);
    }
  }
  if (!rounded.empty()) {
    at::_foreach_copy_(rounded, masters);
  }
}

} // namespace microfiche::training
