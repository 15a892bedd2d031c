#include "training/optimizer/optimizer.h"

#include "core/config.h"
#include "core/error.h"
#include "core/name_pattern.h"
#include "model/device.h"
#include "training/config_checks.h"
#include "training/optimizer/model_parts.h"

#include <torch/torch.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <tuple>

// N = matrices of one shape, R x C = that shape.

namespace microfiche::training {
namespace {

/// A gradient or master as a matrix.
torch::Tensor as_matrix(const torch::Tensor& tensor) {
  return tensor.reshape({tensor.size(0), -1});
}

/// (N, R, C) as (N * R / rows, rows, C); unchanged if `rows` is 0 or does not
/// divide R.
torch::Tensor in_blocks(const torch::Tensor& matrices, int64_t rows) {
  return rows == 0 || matrices.size(1) % rows != 0
      ? matrices
      : matrices.reshape({-1, rows, matrices.size(2)});
}

bool is_hidden_matrix(
    const Parameter& parameter,
    const OptimizerConfig& config) {
  return parameter.tensor.dim() >= 2 &&
      std::none_of(
             config.adam_only.begin(),
             config.adam_only.end(),
             [&](const std::string& pattern) {
               return matches(pattern, parameter.name);
             });
}

/// The gradient in float32; zero if the parameter has none.
torch::Tensor gradient(const Parameter& parameter) {
  const auto& grad = parameter.tensor.grad();
  return grad.defined() ? grad.to(torch::kFloat32)
                        : torch::zeros_like(parameter.master);
}

std::vector<std::string> part_names() {
  std::vector<std::string> names;
  for (const auto& part : model_parts()) {
    names.push_back(part.name);
  }
  return names;
}

} // namespace

void validate(const OptimizerConfig& config, const std::string& where) {
  check_below_one(config.adam_beta1, "adam_beta1", where);
  check_below_one(config.adam_beta2, "adam_beta2", where);
  check_below_one(config.muon_momentum, "muon_momentum", where);
  check(
      config.adam_epsilon > 0,
      where,
      ".adam_epsilon: must be above 0, got ",
      config.adam_epsilon);
  check(
      config.newton_schulz_steps >= 1 && config.newton_schulz_steps <= 20,
      where,
      ".newton_schulz_steps: must be from 1 to 20, got ",
      config.newton_schulz_steps);
  check_at_least(config.muon_block_rows, 0, "muon_block_rows", where);
  check(
      config.weight_decay >= 0 && config.clip_norm >= 0,
      where,
      ": weight_decay and clip_norm must not be negative, got ",
      config.weight_decay,
      " and ",
      config.clip_norm);
}

void validate(const RateRule& rule, const std::string& where) {
  check(
      rule.muon >= 0 && rule.adam >= 0 && std::isfinite(rule.muon) &&
          std::isfinite(rule.adam),
      where,
      ": learning rates must not be negative, got muon ",
      rule.muon,
      " and adam ",
      rule.adam);
}

double find_rate(
    const Parameter& parameter,
    const std::vector<RateRule>& rules,
    const OptimizerConfig& config,
    std::vector<bool>* used) {
  for (size_t i = 0; i < rules.size(); ++i) {
    if (in_part(rules[i].match, parameter.name)) {
      if (used != nullptr) {
        (*used)[i] = true;
      }
      return is_hidden_matrix(parameter, config) ? rules[i].muon
                                                 : rules[i].adam;
    }
  }
  return 0;
}

int64_t moments_of(const Parameter& parameter, const OptimizerConfig& config) {
  return is_hidden_matrix(parameter, config) ? 1 : 2;
}

torch::Tensor orthogonalize(
    const torch::Tensor& matrices,
    int64_t steps,
    torch::Dtype dtype) {
  constexpr double kA = 3.4445;
  constexpr double kB = -4.7750;
  constexpr double kC = 2.0315;
  const bool tall = matrices.size(1) > matrices.size(2);
  auto x = matrices.to(dtype);
  if (tall) {
    x = x.transpose(1, 2);
  }
  x = x / (x.norm(2, {1, 2}, /*keepdim=*/true) + 1e-7);
  for (int64_t i = 0; i < steps; ++i) {
    const auto gram = x.bmm(x.transpose(1, 2)); // (N, min(R, C), min(R, C))
    // a x + (b gram + c gram^2) x
    const auto factor = at::baddbmm(gram, gram, gram, kB, kC);
    x = at::baddbmm(x, factor, x, kA, 1);
  }
  return tall ? x.transpose(1, 2) : x;
}

Optimizer::Optimizer(
    const std::vector<Parameter>& parameters,
    const std::vector<RateRule>& rules,
    OptimizerConfig config)
    : config_(std::move(config)) {
  std::vector<bool> used(rules.size(), false);
  // Grouped by rate and, for Muon, by matrix shape, so that one group needs one
  // batched matrix product.
  std::map<std::tuple<double, int64_t, int64_t>, MuonGroup> muon;
  std::map<double, AdamGroup> adam;
  for (const auto& parameter : parameters) {
    const double rate = find_rate(parameter, rules, config_, &used);
    parameter.tensor.requires_grad_(rate > 0);
    if (rate == 0) {
      continue;
    }
    trained_.push_back(parameter);
    if (!parameter.master.defined()) {
      continue;
    }
    if (is_hidden_matrix(parameter, config_)) {
      const auto matrix = as_matrix(parameter.master);
      auto& group = muon[{rate, matrix.size(0), matrix.size(1)}];
      group.rate = rate;
      group.parameters.push_back(parameter);
    } else {
      auto& group = adam[rate];
      group.rate = rate;
      group.parameters.push_back(parameter);
    }
  }
  for (size_t i = 0; i < rules.size(); ++i) {
    check(
        used[i],
        "training: the rule for \"",
        rules[i].match,
        "\" has no effect: it matches no parameter, or only parameters of "
        "earlier rules",
        did_you_mean(rules[i].match, part_names()));
  }
  for (auto& [key, group] : muon) {
    group.momentum = torch::zeros(
        {static_cast<int64_t>(group.parameters.size()),
         std::get<1>(key),
         std::get<2>(key)},
        group.parameters.front().master.options());
    muon_groups_.push_back(std::move(group));
  }
  for (auto& [rate, group] : adam) {
    for (const auto& parameter : group.parameters) {
      group.first_moments.push_back(torch::zeros_like(parameter.master));
      group.second_moments.push_back(torch::zeros_like(parameter.master));
      group.steps.push_back(torch::zeros({}, parameter.master.options()));
    }
    adam_groups_.push_back(std::move(group));
  }
}

void Optimizer::zero_grad() {
  for (auto& parameter : trained_) {
    parameter.tensor.mutable_grad() = torch::Tensor();
  }
}

torch::Tensor Optimizer::clip_gradients() {
  const torch::NoGradGuard no_grad;
  std::vector<torch::Tensor> gradients;
  for (const auto& parameter : trained_) {
    if (parameter.tensor.grad().defined()) {
      gradients.push_back(parameter.tensor.grad());
    }
  }
  TORCH_CHECK(!gradients.empty(), "Optimizer: no parameter has a gradient");
  const auto norms = at::_foreach_norm(gradients, 2, /*dtype=*/torch::kFloat32);
  const auto norm = torch::stack(norms).norm();
  if (config_.clip_norm > 0) {
    const auto factor = (config_.clip_norm / (norm + 1e-6)).clamp_max(1.0);
    at::_foreach_mul_(gradients, factor);
  }
  return norm;
}

void Optimizer::step(double rate_factor) {
  const torch::NoGradGuard no_grad;
  ++num_steps_;
  for (auto& group : muon_groups_) {
    step(group, group.rate * rate_factor);
  }
  for (auto& group : adam_groups_) {
    step(group, group.rate * rate_factor);
  }
  copy_masters_to_weights(trained_);
}

void Optimizer::step(MuonGroup& group, double rate) {
  const auto matrices = static_cast<int64_t>(group.parameters.size());
  // A GPU updates all matrices at once. On a CPU one matrix at a time stays in
  // the cache.
  const int64_t chunk = group.momentum.is_cuda() ? matrices : 1;
  for (int64_t begin = 0; begin < matrices; begin += chunk) {
    const auto first = group.parameters.begin() + begin;
    step({first, first + chunk}, group.momentum.narrow(0, begin, chunk), rate);
  }
}

void Optimizer::step(
    const std::vector<Parameter>& parameters,
    const torch::Tensor& momenta,
    double rate) {
  std::vector<torch::Tensor> gradients;
  std::vector<torch::Tensor> masters;
  for (const auto& parameter : parameters) {
    gradients.push_back(as_matrix(gradient(parameter)));
    masters.push_back(as_matrix(parameter.master));
  }
  const auto stacked = parameters.size() == 1 ? gradients[0].unsqueeze(0)
                                              : torch::stack(gradients);
  const double momentum = config_.muon_momentum;
  momenta.lerp_(stacked, 1 - momentum); // (N, R, C)
  const auto ahead = stacked.lerp(momenta, momentum);
  // The update has a fixed size, so bf16 is precise enough. A CPU without
  // instructions for bf16 would be slower in it.
  const bool rounded = model::multiplies_bf16(stacked.device()) &&
      (stacked.is_cuda() ||
       parameters.front().tensor.scalar_type() == torch::kBFloat16);
  const auto dtype = rounded ? torch::kBFloat16 : torch::kFloat32;
  const auto update = orthogonalize(
                          in_blocks(ahead, config_.muon_block_rows),
                          config_.newton_schulz_steps,
                          dtype)
                          .reshape(ahead.sizes())
                          .to(torch::kFloat32);
  const double scale = std::sqrt(std::max(
      1.0,
      static_cast<double>(stacked.size(1)) /
          static_cast<double>(stacked.size(2))));
  if (config_.weight_decay > 0) {
    at::_foreach_mul_(masters, 1 - rate * config_.weight_decay);
  }
  at::_foreach_add_(masters, update.unbind(0), -rate * scale);
}

void Optimizer::step(AdamGroup& group, double rate) {
  std::vector<torch::Tensor> gradients;
  std::vector<torch::Tensor> masters;
  for (const auto& parameter : group.parameters) {
    gradients.push_back(gradient(parameter));
    masters.push_back(parameter.master);
  }
  at::_foreach_add_(group.steps, 1);
  at::_fused_adamw_(
      masters,
      gradients,
      group.first_moments,
      group.second_moments,
      /*max_exp_avg_sqs=*/{},
      group.steps,
      rate,
      config_.adam_beta1,
      config_.adam_beta2,
      config_.weight_decay,
      config_.adam_epsilon,
      /*amsgrad=*/false,
      /*maximize=*/false);
}

std::map<std::string, torch::Tensor> Optimizer::state() const {
  std::map<std::string, torch::Tensor> state;
  for (const auto& group : muon_groups_) {
    for (size_t i = 0; i < group.parameters.size(); ++i) {
      state["muon." + group.parameters[i].name] =
          group.momentum[static_cast<int64_t>(i)];
    }
  }
  for (const auto& group : adam_groups_) {
    for (size_t i = 0; i < group.parameters.size(); ++i) {
      state["adam_m." + group.parameters[i].name] = group.first_moments[i];
      state["adam_v." + group.parameters[i].name] = group.second_moments[i];
    }
  }
  return state;
}

void Optimizer::set_num_steps(int64_t steps) {
  num_steps_ = steps;
  for (auto& group : adam_groups_) {
    for (auto& step : group.steps) {
      step.fill_(static_cast<double>(steps));
    }
  }
}

} // namespace microfiche::training
