#include "kernels/expert_pairs.h"
#include "kernels/linear.h"
#include "kernels/moe_dispatch.h"
#include "kernels/parallel.h"
#include "kernels/silu_product.h"

#include <torch/torch.h>

#include <cstring>
#include <vector>

// N = tokens, D = their channels, I = an expert's inner channels, P = N * top_k
// pairs of a token and one of its experts.

namespace microfiche::kernels {
namespace {

ExpertPairs order_pairs(const torch::Tensor& expert_ids, int64_t num_experts) {
  const auto ids = expert_ids.contiguous();
  const auto* id = ids.const_data_ptr<int64_t>();
  for (int64_t pair = 0; pair < ids.numel(); ++pair) {
    TORCH_CHECK(
        id[pair] >= 0 && id[pair] < num_experts,
        "moe_dispatch: expected expert ids in [0, ",
        num_experts,
        "), got ",
        id[pair]);
  }
  ExpertPairs pairs;
  pairs.sort(id, ids.numel(), num_experts);
  return pairs;
}

/// The rows of x at the places of their pairs, (P, D).
torch::Tensor copy_to_places(
    const torch::Tensor& x,
    const std::vector<int64_t>& places) {
  const auto pairs = static_cast<int64_t>(places.size());
  auto placed = torch::empty({pairs, x.size(1)}, x.options());
  const auto* from = static_cast<const char*>(x.const_data_ptr());
  auto* to = static_cast<char*>(placed.mutable_data_ptr());
  const int64_t row = x.size(1) * x.element_size();
  const int64_t top_k = pairs / x.size(0);
  for (int64_t pair = 0; pair < pairs; ++pair) {
    std::memcpy(to + places[pair] * row, from + pair / top_k * row, row);
  }
  return placed;
}

torch::Tensor add_up(
    const torch::Tensor& answers,
    const std::vector<int64_t>& places,
    const torch::Tensor& weights) {
  const auto factors = weights.to(torch::kFloat32).contiguous();
  auto y = torch::empty({weights.size(0), answers.size(1)}, answers.options());
  ExpertAnswers sum;
  sum.answers = answers.const_data_ptr();
  sum.places = places.data();
  sum.weights = factors.const_data_ptr<float>();
  sum.y = y.mutable_data_ptr();
  sum.is_bf16 = answers.scalar_type() == torch::kBFloat16;
  sum.top_k = weights.size(1);
  sum.width = answers.size(1);
  parallel_for(0, y.size(0), /*grain=*/16, [&](int64_t begin, int64_t end) {
    add_expert_answers(sum, begin, end, 0, sum.width);
  });
  return y;
}

} // namespace

torch::Tensor moe_dispatch_cpu(
    const torch::Tensor& x,
    const torch::Tensor& expert_ids,
    const torch::Tensor& weights,
    const Experts& experts) {
  const torch::NoGradGuard no_grad;
  const auto rows = x.contiguous();
  const auto order = order_pairs(expert_ids, experts.count);
  const auto placed = copy_to_places(rows, order.places); // (P, D)

  struct Part {
    int64_t begin;
    int64_t count;
    ExpertWeights weights;
  };
  std::vector<Part> parts;
  for (int64_t e = 0; e < experts.count; ++e) {
    const int64_t count = order.begins[e + 1] - order.begins[e];
    if (count > 0) {
      parts.push_back({order.begins[e], count, experts.weights(e)});
    }
  }
  const auto part_of = [](const torch::Tensor& all, const Part& part) {
    return all.narrow(0, part.begin, part.count);
  };

  const int64_t inner_width = parts.front().weights.gate.size(0);
  auto gate =
      torch::empty({placed.size(0), inner_width}, x.options()); // (P, I)
  const auto up = torch::empty_like(gate);
  std::vector<LinearCall> calls;
  for (const auto& part : parts) {
    const auto own = part_of(placed, part);
    const auto& expert = part.weights;
    calls.push_back(
        {own, expert.gate, {}, expert.gate_scale, part_of(gate, part)});
    calls.push_back({own, expert.up, {}, expert.up_scale, part_of(up, part)});
  }
  const auto& shared = experts.shared;
  if (shared) {
    calls.push_back({rows, shared->gate, {}, shared->gate_scale});
    calls.push_back({rows, shared->up, {}, shared->up_scale});
  }
  const auto inner = linears(calls);

  const auto placed_inner = silu_product(gate, up);
  calls.clear();
  const auto answers = torch::empty_like(placed);
  for (const auto& part : parts) {
    const auto& expert = part.weights;
    calls.push_back(
        {part_of(placed_inner, part),
         expert.down,
         {},
         expert.down_scale,
         part_of(answers, part)});
  }
  if (shared) {
    calls.push_back(
        {silu_product(inner[inner.size() - 2], inner.back()),
         shared->down,
         {},
         shared->down_scale});
  }
  const auto outer = linears(calls);
  auto y = add_up(answers, order.places, weights);
  return shared ? y.add_(outer.back()) : y;
}

} // namespace microfiche::kernels
