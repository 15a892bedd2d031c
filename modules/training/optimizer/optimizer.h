#pragma once

#include "training/optimizer/parameter.h"

#include "core/json.h"

#include <torch/types.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace microfiche::training {

/// The optimizer settings of all parameters.
struct OptimizerConfig {
  /// AdamW's decay rate of the first moment, from 0 to below 1.
  double adam_beta1 = 0.9;

  /// AdamW's decay rate of the second moment, from 0 to below 1.
  double adam_beta2 = 0.95;

  /// AdamW's epsilon, which is added to the denominator; above 0.
  double adam_epsilon = 1e-8;

  /// Muon's Nesterov momentum, from 0 to below 1.
  double muon_momentum = 0.95;

  /// Newton-Schulz iterations by which Muon orthogonalises an update, 1 to 20.
  int64_t newton_schulz_steps = 5;

  /// Muon orthogonalises blocks of this many rows separately; 0 for whole
  /// matrices. A matrix whose rows it does not divide stays whole. For a 512 x
  /// 512 matrix, blocks of 64 rows need a tenth of the multiplications.
  ///
  /// Source: Khaled et al., "MuonBP", arXiv:2510.16981, without its steps of
  /// whole matrices.
  int64_t muon_block_rows = 0;

  /// Each step multiplies a weight by 1 - learning rate * weight_decay.
  double weight_decay = 0;

  /// Maximum norm of all gradients together; larger gradients are scaled down.
  /// 0 for no clipping.
  double clip_norm = 1;

  /// Matrices that AdamW updates instead of Muon, as patterns with `*`: lookup
  /// tables, the causal flow's learned queries, and layers before a softmax.
  std::vector<std::string> adam_only = {
      "*embedding*",
      "*position*",
      "*rel_pos*",
      "*.query_*",
      "*lm_head*",
      "*router*",
      "*.lora_*",
      "heads.*.column.*",
      "heads.*.row.*",
      "heads.*.classify.*",
      "heads.reading.*"};

  /// Each of several processes keeps the optimizer state of only its share of
  /// the parameters, which saves memory; see Note [Sharded optimizer state].
  bool shard_state = false;
};

/// Throws `InputError` for values out of range.
void validate(const OptimizerConfig& config, const std::string& where);

/// The learning rates of the parameters whose names match a pattern.
struct RateRule {
  /// A part of the model ("adapter", "sam", "compressor", "clip", "flow",
  /// "projector", "embeddings", "router", "experts", "decoder", "heads" or
  /// "text_compressor"), or a pattern with `*` over the parameters' names, such
  /// as "encoder.sam.*".
  std::string match = "*";

  /// Learning rate of the matrices that Muon updates; 0 freezes them.
  double muon = 0.02;

  /// Learning rate of all other parameters, which AdamW updates; 0 freezes
  /// them.
  double adam = 3e-3;
};

void validate(const RateRule& rule, const std::string& where);

/// The learning rate of a parameter by the first rule that matches; 0, which
/// freezes it, if none does. Sets the rule's element of `used`, if given.
double find_rate(
    const Parameter& parameter,
    const std::vector<RateRule>& rules,
    const OptimizerConfig& config,
    std::vector<bool>* used = nullptr);

/// Moments per element of a parameter: 1 with Muon, 2 with AdamW.
int64_t moments_of(const Parameter& parameter, const OptimizerConfig& config);

/// The orthogonal matrix nearest to each matrix of a batch, approximately: the
/// singular values end between about 0.7 and 1.2.
///
/// Shapes: matrices (N, R, C), returns the same, in `dtype`.
///
/// Runs `steps` quintic Newton-Schulz iterations on the smaller Gram matrix.
///
/// Source: Jordan et al., "Muon: An optimizer for hidden layers in neural
/// networks" (kellerjordan.github.io/posts/muon), with its coefficients.
torch::Tensor
orthogonalize(const torch::Tensor& matrices, int64_t steps, torch::Dtype dtype);

/// Muon for hidden matrices, AdamW for everything else.
///
/// Muon: Nesterov momentum, orthogonalised, scaled by sqrt(max(1, R / C)) for
/// an R x C matrix; a convolution is a matrix (out, in * kernel). Matrices of
/// one shape are updated together. AdamW: Loshchilov and Hutter,
/// arXiv:1711.05101.
class Optimizer {
 public:
  /// Trains those of `parameters` that have a rate by their first matching
  /// rule. The others are frozen: `requires_grad` is off, so no gradients are
  /// computed. Another process updates a trained parameter without a master.
  /// Throws `InputError` for a rule that has no effect.
  Optimizer(
      const std::vector<Parameter>& parameters,
      const std::vector<RateRule>& rules,
      OptimizerConfig config);

  void zero_grad();

  /// Scales the gradients down to `clip_norm` if their norm is larger. Returns
  /// their norm before, a float32 scalar on their device, which is not finite
  /// if a gradient is not.
  torch::Tensor clip_gradients();

  /// Updates masters and their parameters.
  void step(double rate_factor);

  /// The trained parameters, including those of other processes.
  const std::vector<Parameter>& parameters() const {
    return trained_;
  }

  /// Moments by "muon.NAME", "adam_m.NAME" and "adam_v.NAME". They share
  /// memory with the optimizer: copying into them restores a state.
  std::map<std::string, torch::Tensor> state() const;

  int64_t num_steps() const {
    return num_steps_;
  }

  /// Sets the number of steps done, for a restored `state`.
  void set_num_steps(int64_t steps);

 private:
  struct MuonGroup {
    double rate;
    std::vector<Parameter> parameters;
    /// (N, R, C).
    torch::Tensor momentum;
  };
  struct AdamGroup {
    double rate;
    std::vector<Parameter> parameters;
    std::vector<torch::Tensor> first_moments;
    std::vector<torch::Tensor> second_moments;
    std::vector<torch::Tensor> steps;
  };

  void step(MuonGroup& group, double rate);
  /// Updates matrices of one shape; momenta (N, R, C).
  void step(
      const std::vector<Parameter>& parameters,
      const torch::Tensor& momenta,
      double rate);
  void step(AdamGroup& group, double rate);

  OptimizerConfig config_;
  std::vector<Parameter> trained_;
  std::vector<MuonGroup> muon_groups_;
  std::vector<AdamGroup> adam_groups_;
  int64_t num_steps_ = 0;
};

template <typename Visitor>
void visit_fields(Visitor&& visit, OptimizerConfig& config) {
  visit("adam_beta1", config.adam_beta1);
  visit("adam_beta2", config.adam_beta2);
  visit("adam_epsilon", config.adam_epsilon);
  visit("muon_momentum", config.muon_momentum);
  visit("newton_schulz_steps", config.newton_schulz_steps);
  visit("muon_block_rows", config.muon_block_rows);
  visit("weight_decay", config.weight_decay);
  visit("clip_norm", config.clip_norm);
  visit("adam_only", config.adam_only);
  visit("shard_state", config.shard_state);
}

template <typename Visitor>
void visit_fields(Visitor&& visit, RateRule& rule) {
  visit("match", rule.match);
  visit("muon", rule.muon);
  visit("adam", rule.adam);
}

} // namespace microfiche::training
