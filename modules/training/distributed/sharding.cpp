#include "training/distributed/sharding.h"

#include <algorithm>
#include <numeric>

namespace microfiche::training {

std::vector<int64_t> balance_shares(
    const std::vector<int64_t>& sizes,
    int64_t processes) {
  std::vector<size_t> order(sizes.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    return sizes[a] > sizes[b];
  });
  std::vector<int64_t> sums(processes, 0);
  std::vector<int64_t> shares(sizes.size());
  for (const size_t item : order) {
    const auto least = std::min_element(sums.begin(), sums.end());
    *least += sizes[item];
    shares[item] = least - sums.begin();
  }
  return shares;
}

void assign_owners(
    std::vector<Parameter>& parameters,
    const TrainingConfig& config,
    int64_t processes) {
  const int64_t copies =
      (config.precision == "f32" ? 0 : 1) + (config.average_decay > 0 ? 1 : 0);
  std::vector<int64_t> sizes;
  for (const auto& parameter : parameters) {
    sizes.push_back(
        parameter.tensor.numel() *
        (moments_of(parameter, config.optimizer) + copies));
  }
  const auto owners = balance_shares(sizes, processes);
  for (size_t i = 0; i < parameters.size(); ++i) {
    parameters[i].owner = owners[i];
  }
}

void broadcast(ProcessGroup& group, const std::vector<Parameter>& parameters) {
  for (int64_t process = 0; process < group.size(); ++process) {
    std::vector<torch::Tensor> owned;
    for (const auto& parameter : parameters) {
      if (parameter.owner == process) {
        owned.push_back(parameter.tensor);
      }
    }
    if (!owned.empty()) {
      group.broadcast(owned, process);
    }
  }
}

} // namespace microfiche::training
