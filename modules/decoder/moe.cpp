#include "decoder/moe.h"

#include "kernels/linear.h"
#include "kernels/moe_dispatch.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

// B = rows, L = positions, N = B * L tokens, E = routed experts.

namespace microfiche::decoder {

RouterImpl::RouterImpl(RouterOptions options_) : options(std::move(options_)) {
  reset();
}

void RouterImpl::reset() {
  TORCH_CHECK_VALUE(
      options.width() >= 1 && options.num_experts() >= 1 &&
          options.top_k() >= 1 && options.top_k() <= options.num_experts(),
      "Router: expected a positive width and a top_k in [1, num_experts], got "
      "width ",
      options.width(),
      ", top_k ",
      options.top_k(),
      " and ",
      options.num_experts(),
      " experts");

  weight = register_parameter(
      "weight", torch::empty({options.num_experts(), options.width()}));
  torch::nn::init::kaiming_uniform_(weight, /*a=*/std::sqrt(5));
}

Routing RouterImpl::forward(const torch::Tensor& x) {
  Routing routing;
  const auto logits = kernels::linear(x.to(torch::kFloat32), weight);
  routing.scores = torch::softmax(logits, /*dim=*/-1, torch::kFloat32);
  std::tie(routing.weights, routing.expert_ids) =
      routing.scores.topk(options.top_k(), /*dim=*/-1);
  if (options.norm_topk_prob()) {
    routing.weights =
        routing.weights / (routing.weights.sum(-1, /*keepdim=*/true) + 1e-20);
  }
  if (options.routed_scaling_factor() != 1) {
    routing.weights = routing.weights * options.routed_scaling_factor();
  }
  return routing;
}

void RouterImpl::pretty_print(std::ostream& stream) const {
  stream << "microfiche::decoder::Router(" << options.width()
         << ", num_experts=" << options.num_experts()
         << ", top_k=" << options.top_k() << ")";
}

MixtureOfExpertsImpl::MixtureOfExpertsImpl(MixtureOfExpertsOptions options_)
    : options(std::move(options_)) {
  reset();
}

void MixtureOfExpertsImpl::reset() {
  TORCH_CHECK_VALUE(
      options.num_shared_experts() >= 0,
      "MixtureOfExperts: num_shared_experts must be at least 0, got ",
      options.num_shared_experts());

  stacked_.reset();
  const int64_t width = options.router().width();
  router = register_module("router", Router(options.router()));
  experts = register_module("experts", torch::nn::ModuleList());
  for (int64_t e = 0; e < options.router().num_experts(); ++e) {
    experts->push_back(layers::GatedMlp(
        layers::GatedMlpOptions(width, options.inner_width())));
  }
  if (options.num_shared_experts() > 0) {
    shared_experts = register_module(
        "shared_experts",
        layers::GatedMlp(layers::GatedMlpOptions(
            width, options.num_shared_experts() * options.inner_width())));
  }
}

torch::Tensor MixtureOfExpertsImpl::forward(const torch::Tensor& x) {
  const auto tokens = x.reshape({-1, x.size(-1)}); // (N, width)
  const auto routing = router->forward(tokens);
  if (is_training()) {
    measure_balance(routing, /*batch=*/x.size(0));
  }

  if (has_lora()) {
    const auto routed = kernels::run_experts_sorted(
        tokens,
        routing.expert_ids,
        routing.weights,
        options.router().num_experts(),
        [this](int64_t e, const torch::Tensor& rows) {
          return experts[e]->as<layers::GatedMlp>()->forward(rows);
        });
    const auto y = shared_experts.is_empty()
        ? routed
        : routed + shared_experts->forward(tokens);
    return y.view(x.sizes());
  }

  kernels::Experts table;
  table.count = options.router().num_experts();
  table.weights = [this](int64_t e) {
    return experts[e]->as<layers::GatedMlp>()->weights();
  };
  if (is_stacked()) {
    table.stacked = stacked_;
  }
  if (!shared_experts.is_empty()) {
    table.shared = shared_experts->weights();
  }
  return kernels::moe_dispatch(
             tokens, routing.expert_ids, routing.weights, table)
      .view(x.sizes());
}

void MixtureOfExpertsImpl::stack_experts() {
  const torch::NoGradGuard no_grad;
  const auto weight_of =
      [this](
          int64_t e,
          layers::Linear layers::GatedMlpImpl::*part) -> torch::Tensor& {
    return ((*experts[e]->as<layers::GatedMlp>()).*part)->weight;
  };
  if (!kernels::fits_grouped_product(
          experts[0]->as<layers::GatedMlp>()->weights())) {
    return;
  }
  const auto stack = [&](layers::Linear layers::GatedMlpImpl::*part) {
    const auto count = static_cast<int64_t>(experts->size());
    std::vector<torch::Tensor> weights;
    for (int64_t e = 0; e < count; ++e) {
      weights.push_back(weight_of(e, part));
    }
    const auto stacked = torch::stack(weights);
    for (int64_t e = 0; e < count; ++e) {
      weight_of(e, part).set_data(stacked[e]);
    }
    return stacked;
  };
  stacked_ = kernels::ExpertWeights{
      stack(&layers::GatedMlpImpl::gate_proj),
      stack(&layers::GatedMlpImpl::up_proj),
      stack(&layers::GatedMlpImpl::down_proj)};
}

bool MixtureOfExpertsImpl::is_stacked() const {
  // Moving or casting the module gives it other tensors.
  return stacked_ && !has_lora() &&
      stacked_->gate.is_alias_of(
          experts->ptr(0)->as<layers::GatedMlp>()->gate_proj->weight);
}

bool MixtureOfExpertsImpl::has_lora() const {
  const auto has = [](const auto& expert) {
    return expert->template as<layers::GatedMlp>()->has_lora();
  };
  return std::any_of(experts->begin(), experts->end(), has) ||
      (!shared_experts.is_empty() && shared_experts->has_lora());
}

void MixtureOfExpertsImpl::measure_balance(
    const Routing& routing,
    int64_t batch) {
  const int64_t num_experts = options.router().num_experts();
  const auto choices = routing.expert_ids.view({batch, -1}); // (B, L * top_k)
  const auto counts =
      torch::zeros({batch, num_experts}, routing.scores.options())
          .scatter_add_(
              1,
              choices,
              torch::ones(
                  choices.sizes(),
                  routing.scores.options().requires_grad(false)));
  const auto load = counts * num_experts / choices.size(1); // (B, E)
  const auto mean_scores =
      routing.scores.view({batch, -1, num_experts}).mean(1); // (B, E)
  balance_loss_ = (load * mean_scores).sum(1).mean();
  expert_load_ = counts.sum(0);
}

void MixtureOfExpertsImpl::pretty_print(std::ostream& stream) const {
  stream << "microfiche::decoder::MixtureOfExperts(" << options.inner_width()
         << ", num_shared_experts=" << options.num_shared_experts() << ")";
}

} // namespace microfiche::decoder
