#include "kernels/moe_dispatch.h"

#include "kernels/cpu/expert_pairs.h"
#include "kernels/cpu/parallel.h"
#include "kernels/linear.h"

#include <torch/torch.h>

#include <cstring>
#include <vector>

// N = tokens, D = their channels, I = an expert's inner channels, P = N * top_k
// pairs of a token and one of its experts.

namespace microfiche::kernels {
namespace {

ExpertPairs sort_pairs(const torch::Tensor& expert_ids, int64_t num_experts) {
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

/// The rows of x in the order of the sorted pairs, (P, D).
torch::Tensor gather_tokens(const torch::Tensor& x, const ExpertPairs& pairs) {
  const auto count = static_cast<int64_t>(pairs.positions.size());
  auto tokens = torch::empty({count, x.size(1)}, x.options());
  const auto* from = static_cast<const char*>(x.const_data_ptr());
  auto* to = static_cast<char*>(tokens.mutable_data_ptr());
  const int64_t row_bytes = x.size(1) * x.element_size();
  const int64_t top_k = count / x.size(0);
  for (int64_t pair = 0; pair < count; ++pair) {
    std::memcpy(
        to + pairs.positions[pair] * row_bytes,
        from + pair / top_k * row_bytes,
        row_bytes);
  }
  return tokens;
}

torch::Tensor combine(
    const torch::Tensor& outputs,
    const ExpertPairs& pairs,
    const torch::Tensor& weights) {
  const auto weights32 = weights.to(torch::kFloat32).contiguous();
  auto y = torch::empty({weights.size(0), outputs.size(1)}, outputs.options());
  ExpertOutputs sum;
  sum.outputs = outputs.const_data_ptr();
  sum.positions = pairs.positions.data();
  sum.weights = weights32.const_data_ptr<float>();
  sum.y = y.mutable_data_ptr();
  sum.is_bf16 = outputs.scalar_type() == torch::kBFloat16;
  sum.top_k = weights.size(1);
  sum.width = outputs.size(1);
  parallel_for(0, y.size(0), /*grain=*/16, [&](int64_t begin, int64_t end) {
    sum_expert_outputs(sum, begin, end, 0, sum.width);
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
  const auto pairs = sort_pairs(expert_ids, experts.count);
  const auto tokens = gather_tokens(rows, pairs); // (P, D)

  // The pairs of one expert.
  struct Part {
    int64_t begin;
    int64_t count;
    ExpertWeights weights;
  };
  std::vector<Part> parts;
  for (int64_t e = 0; e < experts.count; ++e) {
    const int64_t count = pairs.begins[e + 1] - pairs.begins[e];
    if (count > 0) {
      parts.push_back({pairs.begins[e], count, experts.weights(e)});
    }
  }
  const auto part_of = [](const torch::Tensor& all, const Part& part) {
    return all.narrow(0, part.begin, part.count);
  };

  const int64_t inner_width = parts.front().weights.gate.size(0);
  auto gate =
      torch::empty({tokens.size(0), inner_width}, x.options()); // (P, I)
  const auto up = torch::empty_like(gate);
  std::vector<LinearCall> calls;
  for (const auto& part : parts) {
    const auto own = part_of(tokens, part);
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
  const auto inner = grouped_linear(calls);

  const auto product = torch::silu(gate).mul_(up); // (P, I)
  calls.clear();
  const auto outputs = torch::empty_like(tokens);
  for (const auto& part : parts) {
    const auto& expert = part.weights;
    calls.push_back(
        {part_of(product, part),
         expert.down,
         {},
         expert.down_scale,
         part_of(outputs, part)});
  }
  if (shared) {
    calls.push_back(
        {torch::silu(inner[inner.size() - 2]).mul_(inner.back()),
         shared->down,
         {},
         shared->down_scale});
  }
  const auto outer = grouped_linear(calls);
  auto y = combine(outputs, pairs, weights);
  return shared ? y.add_(outer.back()) : y;
}

} // namespace microfiche::kernels
