#pragma once

#include "layers/gated_mlp.h"

#include "kernels/moe_dispatch.h"

#include <torch/nn.h>

#include <cstdint>
#include <optional>
#include <ostream>
#include <utility>

namespace microfiche::decoder {

/// Options for `Router`.
struct RouterOptions {
  RouterOptions(int64_t width, int64_t num_experts)
      : width_(width), num_experts_(num_experts) {}

  /// Channels of a token.
  TORCH_ARG(int64_t, width);

  /// Routed experts to choose from.
  TORCH_ARG(int64_t, num_experts);

  /// Experts per token.
  TORCH_ARG(int64_t, top_k) = 6;

  /// Normalises the weights of the chosen experts to a sum of one.
  TORCH_ARG(bool, norm_topk_prob) = false;

  /// Multiplies the weights of the chosen experts.
  TORCH_ARG(double, routed_scaling_factor) = 1;
};

/// The experts of each token.
struct Routing {
  /// Softmax over all experts, (N, num_experts) float32.
  torch::Tensor scores;
  /// The chosen experts, best first, (N, top_k) int64.
  torch::Tensor expert_ids;
  /// Their weights in the output, (N, top_k) float32.
  torch::Tensor weights;
};

/// Chooses experts: softmax in float32, then top-k.
class RouterImpl : public torch::nn::Cloneable<RouterImpl> {
 public:
  explicit RouterImpl(RouterOptions options_);

  void reset() override;
  void pretty_print(std::ostream& stream) const override;

  /// Shapes: x (N, width).
  Routing forward(const torch::Tensor& x);

  /// The options with which this module was constructed.
  RouterOptions options;

  /// (num_experts, width).
  torch::Tensor weight;
};

TORCH_MODULE(Router);

/// Options for `MixtureOfExperts`.
struct MixtureOfExpertsOptions {
  MixtureOfExpertsOptions(RouterOptions router, int64_t inner_width)
      : router_(router), inner_width_(inner_width) {}

  TORCH_ARG(RouterOptions, router);

  /// Channels between the two layers of a routed expert.
  TORCH_ARG(int64_t, inner_width);

  /// Experts that run on every token. Together they are one `layers::GatedMlp`;
  /// 0 means none.
  TORCH_ARG(int64_t, num_shared_experts) = 2;
};

/// Routed experts, weighted by the router's scores, plus shared experts.
///
/// Source: DeepSeekMoE, arXiv:2401.06066, equations 9 to 11.
class MixtureOfExpertsImpl : public torch::nn::Cloneable<MixtureOfExpertsImpl> {
 public:
  explicit MixtureOfExpertsImpl(MixtureOfExpertsOptions options_);

  void reset() override;
  void pretty_print(std::ostream& stream) const override;

  /// Shapes: x (B, L, width), returns (B, L, width).
  torch::Tensor forward(const torch::Tensor& x);

  /// Copies the experts' weights into one tensor per matrix, of which the
  /// parameters become views, so that `moe_dispatch` on a GPU does not copy
  /// them. Moving or casting the module undoes it. Does nothing for int8
  /// weights.
  void stack_experts();

  /// Whether the experts are stacked and have no LoRA: then `moe_dispatch` on a
  /// GPU decides nothing on the host.
  bool is_stacked() const;

  /// The imbalance of the experts' load in the last training-mode `forward`:
  /// for each sequence the sum over experts of count * num_experts / (L *
  /// top_k) times the mean score, averaged over the batch. It is 1 when
  /// balanced, and differentiable; undefined before the first forward in
  /// training mode.
  ///
  /// Source: DeepSeek-V2, arXiv:2405.04434, section 2.2.3, without its factor.
  const torch::Tensor& balance_loss() const {
    return balance_loss_;
  }

  /// Replaces the loss by the same value with another autograd graph.
  void set_balance_loss(torch::Tensor balance_loss) {
    balance_loss_ = std::move(balance_loss);
  }

  /// Tokens per expert in that forward, (num_experts) float32.
  const torch::Tensor& expert_load() const {
    return expert_load_;
  }

  /// The options with which this module was constructed.
  MixtureOfExpertsOptions options;

  Router router{nullptr};
  torch::nn::ModuleList experts{nullptr};
  /// Empty without shared experts.
  layers::GatedMlp shared_experts{nullptr};

 private:
  bool has_lora() const;
  void measure_balance(const Routing& routing, int64_t batch);

  std::optional<kernels::ExpertWeights> stacked_;
  torch::Tensor balance_loss_;
  torch::Tensor expert_load_;
};

TORCH_MODULE(MixtureOfExperts);

} // namespace microfiche::decoder
