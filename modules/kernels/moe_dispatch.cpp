#include "kernels/moe_dispatch.h"

#include "kernels/gradient.h"
#include "kernels/linear.h"

#include <torch/torch.h>

#include <optional>
#include <vector>

// N = tokens, D = their channels, E = experts, I = an expert's inner channels,
// P = N * top_k pairs of a token and one of its experts.

namespace microfiche::kernels {

namespace {

torch::Tensor run_expert(const torch::Tensor& x, const ExpertWeights& expert) {
  const auto product = [](const torch::Tensor& in,
                          const torch::Tensor& weight,
                          const torch::Tensor& scale,
                          const std::shared_ptr<const LowRank>& low_rank) {
    return linears({{in, weight, {}, scale, {}, low_rank}}).front();
  };
  const auto gate =
      product(x, expert.gate, expert.gate_scale, expert.gate_low_rank);
  const auto up = product(x, expert.up, expert.up_scale, expert.up_low_rank);
  return product(
      torch::silu(gate) * up,
      expert.down,
      expert.down_scale,
      expert.down_low_rank);
}

// Pairs sorted by expert.
struct SortedPairs {
  torch::Tensor order; // (P), the pair that stands at each place
  torch::Tensor places; // (P), the place at which each pair stands
  torch::Tensor experts; // (P), the expert at each place
};

SortedPairs sort_pairs(const torch::Tensor& expert_ids) {
  const auto [experts, order] =
      expert_ids.flatten().sort(/*stable=*/std::optional(true), /*dim=*/0);
  auto places = torch::empty_like(order);
  places.scatter_(0, order, torch::arange(order.numel(), order.options()));
  return {order, places, experts};
}

ExpertWeights stack(const Experts& experts) {
  const auto stack_one = [&](torch::Tensor ExpertWeights::*matrix) {
    std::vector<torch::Tensor> matrices;
    for (int64_t e = 0; e < experts.count; ++e) {
      matrices.push_back(experts.weights(e).*matrix);
    }
    return torch::stack(matrices);
  };
  return {
      stack_one(&ExpertWeights::gate),
      stack_one(&ExpertWeights::up),
      stack_one(&ExpertWeights::down)};
}

torch::Tensor add_shared(
    const torch::Tensor& routed,
    const torch::Tensor& x,
    const Experts& experts) {
  return experts.shared ? routed + run_expert(x, *experts.shared) : routed;
}

// Adds up the answers of each token's experts. answers: (P, D), pair by pair.
torch::Tensor combine(
    const torch::Tensor& answers,
    const torch::Tensor& weights,
    const torch::Tensor& x,
    const Experts& experts) {
  const auto by_token =
      answers.view({weights.size(0), weights.size(1), x.size(1)});
  const auto routed = (by_token.to(torch::kFloat32) * weights.unsqueeze(-1))
                          .sum(1)
                          .to(x.scalar_type());
  return add_shared(routed, x, experts);
}

void check_shapes(
    const torch::Tensor& x,
    const torch::Tensor& expert_ids,
    const torch::Tensor& weights,
    const Experts& experts) {
  TORCH_CHECK(experts.count >= 1, "moe_dispatch: expected at least one expert");
  const int64_t width = experts.weights(0).gate.size(1);
  TORCH_CHECK(
      x.dim() == 2 && x.size(1) == width,
      "moe_dispatch: expected x of shape (N, ",
      width,
      "), got ",
      x.sizes());
  TORCH_CHECK(
      expert_ids.dim() == 2 && expert_ids.size(0) == x.size(0) &&
          expert_ids.sizes() == weights.sizes(),
      "moe_dispatch: expected expert_ids and weights of shape (",
      x.size(0),
      ", top_k), got ",
      expert_ids.sizes(),
      " and ",
      weights.sizes());
}

} // namespace

bool fits_grouped_product(const ExpertWeights& expert) {
  const auto is_aligned = [&](int64_t width) {
    return width * expert.gate.element_size() % 16 == 0;
  };
  return is_aligned(expert.gate.size(0)) && is_aligned(expert.gate.size(1)) &&
      !expert.gate_scale.defined();
}

torch::Tensor moe_dispatch_reference(
    const torch::Tensor& x,
    const torch::Tensor& expert_ids,
    const torch::Tensor& weights,
    const Experts& experts) {
  auto sum = torch::zeros(x.sizes(), x.options().dtype(torch::kFloat32));
  for (int64_t e = 0; e < experts.count; ++e) {
    const auto mask = expert_ids == e; // (N, top_k)
    const auto weight = (weights * mask).sum(1, /*keepdim=*/true);
    const auto answer = run_expert(x, experts.weights(e)).to(torch::kFloat32);
    sum = sum + answer * weight;
  }
  return add_shared(sum.to(x.scalar_type()), x, experts);
}

torch::Tensor moe_dispatch_sorted(
    const torch::Tensor& x,
    const torch::Tensor& expert_ids,
    const torch::Tensor& weights,
    const Experts& experts) {
  const int64_t top_k = expert_ids.size(1);
  const auto pairs = sort_pairs(expert_ids);
  const auto counts = torch::bincount(pairs.experts, {}, experts.count).cpu();
  const auto sorted_x = x.index_select(
      0, torch::div(pairs.order, top_k, /*rounding_mode=*/"floor")); // (P, D)

  std::vector<torch::Tensor> answers;
  int64_t begin = 0;
  for (int64_t e = 0; e < experts.count; ++e) {
    const int64_t count = counts.const_data_ptr<int64_t>()[e];
    if (count > 0) {
      answers.push_back(
          run_expert(sorted_x.narrow(0, begin, count), experts.weights(e)));
      begin += count;
    }
  }
  return combine(
      torch::cat(answers).index_select(0, pairs.places), weights, x, experts);
}

torch::Tensor moe_dispatch_grouped(
    const torch::Tensor& x,
    const torch::Tensor& expert_ids,
    const torch::Tensor& weights,
    const Experts& experts) {
  const int64_t top_k = expert_ids.size(1);
  const auto pairs = sort_pairs(expert_ids);
  const auto ends = torch::searchsorted(
      pairs.experts,
      torch::arange(experts.count, pairs.experts.options()),
      /*out_int32=*/true,
      /*right=*/true); // (E), where each expert's pairs end
  const auto sorted_x = x.index_select(
      0, torch::div(pairs.order, top_k, /*rounding_mode=*/"floor")); // (P, D)
  const auto matrices = experts.stacked ? *experts.stacked : stack(experts);
  const auto multiply = [&](const torch::Tensor& rows,
                            const torch::Tensor& stacked) {
    return at::_grouped_mm(rows, stacked.transpose(1, 2), ends);
  };
  const auto inner = torch::silu(multiply(sorted_x, matrices.gate)) *
      multiply(sorted_x, matrices.up); // (P, I)
  const auto answers = multiply(inner, matrices.down);
  return combine(answers.index_select(0, pairs.places), weights, x, experts);
}

torch::Tensor moe_dispatch(
    const torch::Tensor& x,
    const torch::Tensor& expert_ids,
    const torch::Tensor& weights,
    const Experts& experts) {
  check_shapes(x, expert_ids, weights, experts);
  const auto first = experts.weights(0);
  const auto dtype = x.scalar_type();
  if (experts.have_low_rank) {
    return moe_dispatch_sorted(x, expert_ids, weights, experts);
  }
  if (x.is_cpu() && !needs_grad({x, weights, first.gate}) &&
      (dtype == torch::kFloat32 || dtype == torch::kBFloat16)) {
    return moe_dispatch_cpu(x, expert_ids, weights, experts);
  }
  // With few tokens most experts have none, and copying all their matrices
  // into one stack would cost more than the launches that it saves.
  const bool pays = experts.stacked || expert_ids.numel() >= 4 * experts.count;
  return x.is_cuda() && pays && fits_grouped_product(first)
      ? moe_dispatch_grouped(x, expert_ids, weights, experts)
      : moe_dispatch_sorted(x, expert_ids, weights, experts);
}

} // namespace microfiche::kernels
