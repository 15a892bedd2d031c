#pragma once

#include "training/optimizer/parameter.h"

#include <torch/types.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace microfiche::training {

/// An exponential moving average of the weights, which often reads better than
/// the weights of one step.
///
/// The decay at step n is min(decay, (1 + n) / (10 + n)), so that the initial
/// weights soon have little weight.
class WeightAverage {
 public:
  /// Averages those of `parameters` that have masters, from their current
  /// values.
  WeightAverage(const std::vector<Parameter>& parameters, double decay);

  /// Adds the weights after step `step`, from 1.
  void update(int64_t step);

  /// Exchanges weights and averages; a second call undoes it.
  void swap();

  /// The averages as "average.NAME". They share memory with the average:
  /// copying into them restores a state.
  std::map<std::string, torch::Tensor> state() const;

 private:
  std::vector<Parameter> parameters_;
  std::vector<torch::Tensor> masters_;
  std::vector<torch::Tensor> averages_;
  double decay_;
};

} // namespace microfiche::training
