#include "kernels/moe_dispatch.h"

#include "kernels/gradient.h"
#include "kernels/int4.h"
#include "kernels/linear.h"

#include <torch/torch.h>

#include <vector>

// N = tokens, D = their channels, E = experts, I = an expert's inner channels,
// P = N * top_k pairs of a token and one of its experts.

namespace microfiche::kernels {

namespace {

torch::Tensor run_expert(const torch::Tensor& x, const ExpertWeights& expert) {
  const auto gate = linear(x, expert.gate, {}, expert.gate_scale);
  const auto up = linear(x, expert.up, {}, expert.up_scale);
  return linear(torch::silu(gate) * up, expert.down, {}, expert.down_scale);
}

// Pairs sorted by expert.
struct SortedPairs {
  torch::Tensor order; // (P), the pair at each position
  torch::Tensor positions; // (P), the position of each pair
  torch::Tensor experts; // (P), the expert at each position
};

SortedPairs sort_pairs(const torch::Tensor& expert_ids) {
  const auto [experts, order] =
      expert_ids.flatten().sort(/*stable=*/std::optional(true), /*dim=*/0);
  auto positions = torch::empty_like(order);
  positions.scatter_(0, order, torch::arange(order.numel(), order.options()));
  return {order, positions, experts};
}

// The pairs of each expert, (E) on the CPU.
torch::Tensor count_pairs(const SortedPairs& pairs, int64_t num_experts) {
  const auto counts = torch::bincount(pairs.experts, {}, num_experts).cpu();
  TORCH_CHECK(
      counts.numel() == num_experts,
      "moe_dispatch: expected expert ids in [0, ",
      num_experts,
      "), got ",
      counts.numel() - 1);
  return counts;
}

// The rows of x in the order of the sorted pairs, (P, D).
torch::Tensor
gather_tokens(const torch::Tensor& x, const SortedPairs& pairs, int64_t top_k) {
  return x.index_select(
      0, torch::div(pairs.order, top_k, /*rounding_mode=*/"floor"));
}

// Repeats pairs until each expert that has any has a multiple of 64 of them.
// Returns the new counts, (E). `order` gets longer; the copies' outputs are at
// positions of no pair, so nothing reads them and their gradients are zero.
//
// Why: oneDNN, which multiplies bfloat16 on a CPU, generates code for each
// shape. Experts get another number of tokens in each step, so code would be
// generated, and thrown away, for nearly every product of the training.
torch::Tensor pad_to_few_shapes(
    SortedPairs& pairs,
    const torch::Tensor& counts) {
  constexpr int64_t kMultiple = 64;
  const auto padded =
      (counts + (kMultiple - 1)).div(kMultiple, "floor") * kMultiple;
  const auto shift = (padded - counts).cumsum(0) - (padded - counts); // (E)
  const auto places =
      torch::arange(pairs.order.numel()) + shift.index_select(0, pairs.experts);
  auto order = torch::zeros({padded.sum().item<int64_t>()}, torch::kLong);
  order.scatter_(0, places, pairs.order);
  pairs.positions = places.index_select(0, pairs.positions);
  pairs.order = order;
  return padded;
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

// Sums the outputs (P, D), in the order of the sorted pairs, per token: (N, D).
torch::Tensor combine(
    const torch::Tensor& outputs,
    const SortedPairs& pairs,
    const torch::Tensor& weights) {
  const auto by_token = outputs.index_select(0, pairs.positions)
                            .view({weights.size(0), weights.size(1), -1});
  return (by_token.to(torch::kFloat32) * weights.unsqueeze(-1))
      .sum(1)
      .to(outputs.scalar_type());
}

// `combine` without gradients, one choice of all tokens after the other. A CPU
// spends six times as long on the tensors of all choices in float32.
torch::Tensor sum_of_choices(
    const torch::Tensor& outputs,
    const SortedPairs& pairs,
    const torch::Tensor& weights) {
  const auto positions = pairs.positions.view(weights.sizes());
  torch::Tensor sum; // (N, D)
  for (int64_t j = 0; j < weights.size(1); ++j) {
    const auto weighted = outputs.index_select(0, positions.select(1, j))
                              .to(torch::kFloat32)
                              .mul_(weights.select(1, j).unsqueeze(1));
    sum = sum.defined() ? sum.add_(weighted) : weighted;
  }
  return sum.to(outputs.scalar_type());
}

// The pairs of one expert.
struct Part {
  int64_t begin;
  int64_t count;
  ExpertWeights weights;

  torch::Tensor of(const torch::Tensor& all) const {
    return all.narrow(0, begin, count);
  }
};

std::vector<Part> split_by_expert(
    const SortedPairs& pairs,
    const Experts& experts) {
  const auto counts = count_pairs(pairs, experts.count);
  std::vector<Part> parts;
  int64_t begin = 0;
  for (int64_t e = 0; e < experts.count; ++e) {
    const int64_t count = counts.const_data_ptr<int64_t>()[e];
    if (count > 0) {
      parts.push_back({begin, count, experts.weights(e)});
      begin += count;
    }
  }
  return parts;
}

// Threads share the products of all experts, two calls of `grouped_linear`.
// CPU only, without gradients.
torch::Tensor run_on_cpu(
    const torch::Tensor& x,
    const torch::Tensor& expert_ids,
    const torch::Tensor& weights,
    const Experts& experts) {
  const torch::NoGradGuard no_grad;
  const auto pairs = sort_pairs(expert_ids);
  const auto parts = split_by_expert(pairs, experts);
  const auto tokens = gather_tokens(x, pairs, expert_ids.size(1)); // (P, D)
  const int64_t inner_width = experts.weights(0).gate.size(0);
  const auto gate =
      torch::empty({tokens.size(0), inner_width}, x.options()); // (P, I)
  const auto up = torch::empty_like(gate);
  std::vector<LinearCall> calls;
  for (const auto& part : parts) {
    const auto own = part.of(tokens);
    const auto& expert = part.weights;
    calls.push_back({own, expert.gate, {}, expert.gate_scale, part.of(gate)});
    calls.push_back({own, expert.up, {}, expert.up_scale, part.of(up)});
  }
  const auto& shared = experts.shared;
  if (shared) {
    calls.push_back({x, shared->gate, {}, shared->gate_scale});
    calls.push_back({x, shared->up, {}, shared->up_scale});
  }
  const auto inner = grouped_linear(calls);

  const auto product = torch::silu(gate).mul_(up); // (P, I)
  const auto outputs = torch::empty_like(tokens);
  calls.clear();
  for (const auto& part : parts) {
    const auto& expert = part.weights;
    calls.push_back(
        {part.of(product),
         expert.down,
         {},
         expert.down_scale,
         part.of(outputs)});
  }
  if (shared) {
    calls.push_back(
        {torch::silu(inner[inner.size() - 2]).mul_(inner.back()),
         shared->down,
         {},
         shared->down_scale});
  }
  const auto outer = grouped_linear(calls);
  const auto y = sum_of_choices(outputs, pairs, weights);
  return shared ? y + outer.back() : y;
}

void check_shapes(
    const torch::Tensor& x,
    const torch::Tensor& expert_ids,
    const torch::Tensor& weights,
    const Experts& experts) {
  TORCH_CHECK(experts.count >= 1, "moe_dispatch: expected at least one expert");
  const int64_t width = input_width(experts.weights(0).gate);
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
    const auto output = run_expert(x, experts.weights(e)).to(torch::kFloat32);
    sum = sum + output * weight;
  }
  return add_shared(sum.to(x.scalar_type()), x, experts);
}

torch::Tensor run_experts_sorted(
    const torch::Tensor& x,
    const torch::Tensor& expert_ids,
    const torch::Tensor& weights,
    int64_t num_experts,
    const std::function<torch::Tensor(int64_t e, const torch::Tensor& tokens)>&
        run_expert) {
  auto pairs = sort_pairs(expert_ids);
  const auto counts = count_pairs(pairs, num_experts);
  const bool is_bf16_training =
      x.is_cpu() && x.requires_grad() && x.scalar_type() == torch::kBFloat16;
  const auto padded =
      is_bf16_training ? pad_to_few_shapes(pairs, counts) : counts; // (E)
  const auto tokens = gather_tokens(x, pairs, expert_ids.size(1)); // (P, D)

  std::vector<torch::Tensor> outputs;
  int64_t begin = 0;
  for (int64_t e = 0; e < num_experts; ++e) {
    const int64_t count = padded.const_data_ptr<int64_t>()[e];
    if (count > 0) {
      outputs.push_back(run_expert(e, tokens.narrow(0, begin, count)));
      begin += count;
    }
  }
  return combine(torch::cat(outputs), pairs, weights);
}

torch::Tensor moe_dispatch_sorted(
    const torch::Tensor& x,
    const torch::Tensor& expert_ids,
    const torch::Tensor& weights,
    const Experts& experts) {
  const auto routed = run_experts_sorted(
      x,
      expert_ids,
      weights,
      experts.count,
      [&](int64_t e, const torch::Tensor& tokens) {
        return run_expert(tokens, experts.weights(e));
      });
  return add_shared(routed, x, experts);
}

torch::Tensor moe_dispatch_grouped(
    const torch::Tensor& x,
    const torch::Tensor& expert_ids,
    const torch::Tensor& weights,
    const Experts& experts) {
  const auto pairs = sort_pairs(expert_ids);
  const auto ends = torch::searchsorted(
      pairs.experts,
      torch::arange(experts.count, pairs.experts.options()),
      /*out_int32=*/true,
      /*right=*/true); // (E), where each expert's pairs end
  const auto tokens = gather_tokens(x, pairs, expert_ids.size(1)); // (P, D)
  const auto matrices = experts.stacked ? *experts.stacked : stack(experts);
  const auto multiply = [&](const torch::Tensor& rows,
                            const torch::Tensor& stacked) {
    return at::_grouped_mm(rows, stacked.transpose(1, 2), ends);
  };
  const auto inner = torch::silu(multiply(tokens, matrices.gate)) *
      multiply(tokens, matrices.up); // (P, I)
  const auto outputs = multiply(inner, matrices.down);
  return add_shared(combine(outputs, pairs, weights), x, experts);
}

torch::Tensor moe_dispatch(
    const torch::Tensor& x,
    const torch::Tensor& expert_ids,
    const torch::Tensor& weights,
    const Experts& experts) {
  check_shapes(x, expert_ids, weights, experts);
  const auto first = experts.weights(0);
  if (x.is_cpu() && !needs_grad({x, weights, first.gate})) {
    return run_on_cpu(x, expert_ids, weights, experts);
  }
  // With few tokens most experts have none, and stacking all their matrices
  // costs more than the launches that it saves.
  const bool pays = experts.stacked || expert_ids.numel() >= 4 * experts.count;
  return x.is_cuda() && pays && fits_grouped_product(first)
      ? moe_dispatch_grouped(x, expert_ids, weights, experts)
      : moe_dispatch_sorted(x, expert_ids, weights, experts);
}

} // namespace microfiche::kernels
