#include "training/step_sum.h"

#include <torch/torch.h>

namespace microfiche::training {

StepWishes add_up_step(
    ProcessGroup& group,
    const std::vector<Parameter>& parameters,
    StepRecord& record,
    StepWishes wishes) {
  const torch::NoGradGuard no_grad;
  const auto device = record.numbers.device();
  const auto count = static_cast<int64_t>(parameters.size());
  std::vector<double> counted;
  for (const auto& parameter : parameters) {
    counted.push_back(parameter.tensor.grad().defined() ? 1 : 0);
  }
  counted.push_back(static_cast<double>(record.characters));
  counted.push_back(wishes.stop ? 1 : 0);
  counted.push_back(wishes.out_of_time ? 1 : 0);
  auto sums = torch::cat(
      {torch::tensor(counted, torch::kFloat64).to(device),
       record.numbers.to(torch::kFloat64)});
  group.add_up({sums});
  record.numbers = sums.slice(0, count + 3).to(record.numbers.scalar_type());
  const auto told = sums.slice(0, 0, count + 3).cpu();
  const auto* numbers = told.const_data_ptr<double>();

  std::vector<torch::Tensor> gradients;
  for (int64_t i = 0; i < count; ++i) {
    auto tensor = parameters[i].tensor;
    if (numbers[i] == 0) {
      continue;
    }
    if (!tensor.grad().defined()) {
      tensor.mutable_grad() = torch::zeros_like(tensor);
    }
    gradients.push_back(tensor.grad());
  }
  group.add_up(gradients);
  record.characters = static_cast<int64_t>(numbers[count]);
  return {numbers[count + 1] > 0, numbers[count + 2] > 0};
}

} // namespace microfiche::training
