#include "training/optimizer/weight_average.h"

#include <algorithm>

namespace microfiche::training {

WeightAverage::WeightAverage(
    const std::vector<Parameter>& parameters,
    double decay)
    : decay_(decay) {
  for (const auto& parameter : parameters) {
    if (parameter.master.defined()) {
      parameters_.push_back(parameter);
      masters_.push_back(parameter.master);
      averages_.push_back(parameter.master.clone());
    }
  }
}

void WeightAverage::update(int64_t step) {
  const torch::NoGradGuard no_grad;
  const auto n = static_cast<double>(step);
  at::_foreach_lerp_(
      averages_, masters_, 1 - std::min(decay_, (1 + n) / (10 + n)));
}

void WeightAverage::swap() {
  const torch::NoGradGuard no_grad;
  for (size_t i = 0; i < parameters_.size(); ++i) {
    const auto weights = masters_[i].clone();
    masters_[i].copy_(averages_[i]);
    averages_[i].copy_(weights);
  }
  copy_masters_to_weights(parameters_);
}

std::map<std::string, torch::Tensor> WeightAverage::state() const {
  std::map<std::string, torch::Tensor> state;
  for (size_t i = 0; i < parameters_.size(); ++i) {
    state["average." + parameters_[i].name] = averages_[i];
  }
  return state;
}

} // namespace microfiche::training
