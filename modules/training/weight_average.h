#pragma once

#include "training/parameter.h"

#include <torch/types.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace microfiche::training {

/// A moving average of the weights, which often reads better than the weights
/// of any one step.
///
/// After step n it keeps min(decay, (1 + n) / (10 + n)) of itself, so that the
/// first steps are soon forgotten.
class WeightAverage {
 public:
  /// Averages those of `parameters` that have masters, beginning with what they
  /// are now.
  WeightAverage(const std::vector<Parameter>& parameters, double decay);

  /// Takes in the weights after step `step`, from 1.
  void update(int64_t step);

  /// Exchanges weights and averages; a second call undoes it.
  void swap();

  /// The averages as "average.NAME"; copying into them restores a state.
  std::map<std::string, torch::Tensor> state() const;

 private:
  std::vector<Parameter> parameters_;
  std::vector<torch::Tensor> masters_;
  std::vector<torch::Tensor> averages_;
  double decay_;
};

} // namespace microfiche::training
