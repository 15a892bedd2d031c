#include "training/distributed/step_reduction.h"

#include <torch/torch.h>

namespace microfiche::training {

StopFlags all_reduce_step(
    ProcessGroup& group,
    const std::vector<Parameter>& parameters,
    StepRecord& record,
    StopFlags flags) {
  const torch::NoGradGuard no_grad;
  const auto device = record.scalars.device();
  const auto count = static_cast<int64_t>(parameters.size());
  std::vector<double> counts;
  for (const auto& parameter : parameters) {
    counts.push_back(parameter.tensor.grad().defined() ? 1 : 0);
  }
  counts.push_back(static_cast<double>(record.characters));
  counts.push_back(flags.stop ? 1 : 0);
  counts.push_back(flags.out_of_time ? 1 : 0);
  auto sums = torch::cat(
      {torch::tensor(counts, torch::kFloat64).to(device),
       record.scalars.to(torch::kFloat64)});
  group.all_reduce_sum({sums});
  record.scalars = sums.slice(0, count + 3).to(record.scalars.scalar_type());
  const auto host = sums.slice(0, 0, count + 3).cpu();
  const auto* values = host.const_data_ptr<double>();

  std::vector<torch::Tensor> gradients;
  for (int64_t i = 0; i < count; ++i) {
    auto tensor = parameters[i].tensor;
    if (values[i] == 0) {
      continue;
    }
    if (!tensor.grad().defined()) {
      tensor.mutable_grad() = torch::zeros_like(tensor);
    }
    gradients.push_back(tensor.grad());
  }
  group.all_reduce_sum(gradients);
  record.characters = static_cast<int64_t>(values[count]);
  return {values[count + 1] > 0, values[count + 2] > 0};
}

} // namespace microfiche::training
