#include "kernels/cpu_vector.h"
#include "kernels/linear.h"
#include "kernels/moe_dispatch.h"
#include "kernels/parallel.h"

#include <torch/torch.h>

#include <cstring>
#include <vector>

// N = tokens, D = their channels, I = an expert's inner channels, P = N * top_k
// pairs of a token and one of its experts.

namespace microfiche::kernels {
namespace {

/// Pairs in the order of their experts.
struct PairOrder {
  /// Where the pairs of each expert begin, and after the last one's their end.
  std::vector<int64_t> begins;

  /// The place of each pair.
  std::vector<int64_t> places;
};

PairOrder order_pairs(const torch::Tensor& expert_ids, int64_t num_experts) {
  const auto ids = expert_ids.contiguous();
  const auto* id = ids.const_data_ptr<int64_t>();
  PairOrder order;
  order.begins.resize(num_experts + 1);
  for (int64_t pair = 0; pair < ids.numel(); ++pair) {
    TORCH_CHECK(
        id[pair] >= 0 && id[pair] < num_experts,
        "moe_dispatch: expected expert ids in [0, ",
        num_experts,
        "), got ",
        id[pair]);
    ++order.begins[id[pair] + 1];
  }
  for (int64_t e = 0; e < num_experts; ++e) {
    order.begins[e + 1] += order.begins[e];
  }
  auto next = order.begins;
  for (int64_t pair = 0; pair < ids.numel(); ++pair) {
    order.places.push_back(next[id[pair]]++);
  }
  return order;
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

/// What experts answer (P, D), each token's in the order of its choices.
struct Combination {
  const void* answers;
  const int64_t* places;
  const float* weights;
  void* y;
  int64_t top_k;
  int64_t width;
};

template <typename Number>
MICROFICHE_INLINE void add_up(const Combination& sum, int64_t token) {
  auto* y = static_cast<Number*>(sum.y) + token * sum.width;
  const auto* weights = sum.weights + token * sum.top_k;
  const auto* places = sum.places + token * sum.top_k;
  for (int64_t d = 0; d < sum.width; d += kVectorLanes) {
    const int64_t lanes = std::min(kVectorLanes, sum.width - d);
    float total[kVectorLanes] = {};
    for (int64_t j = 0; j < sum.top_k; ++j) {
      const auto* answer =
          static_cast<const Number*>(sum.answers) + places[j] * sum.width + d;
      if (lanes == kVectorLanes) {
        Floats held;
        Floats values;
        load(total, held);
        load_floats(answer, values);
        held += values * weights[j];
        std::memcpy(total, &held, sizeof held);
      } else {
        for (int64_t i = 0; i < lanes; ++i) {
          total[i] += to_float(answer[i]) * weights[j];
        }
      }
    }
    for (int64_t i = 0; i < lanes; ++i) {
      round_to(total[i], y[d + i]);
    }
  }
}

struct CombineJob {
  const Combination& sum;
  bool is_bf16;
  int64_t begin;
  int64_t end;

  MICROFICHE_INLINE void run() const {
    for (int64_t token = begin; token < end; ++token) {
      if (is_bf16) {
        add_up<Bf16>(sum, token);
      } else {
        add_up<float>(sum, token);
      }
    }
  }
};

torch::Tensor add_up(
    const torch::Tensor& answers,
    const std::vector<int64_t>& places,
    const torch::Tensor& weights) {
  const auto factors = weights.to(torch::kFloat32).contiguous();
  auto y = torch::empty({weights.size(0), answers.size(1)}, answers.options());
  const Combination sum{
      answers.const_data_ptr(),
      places.data(),
      factors.const_data_ptr<float>(),
      y.mutable_data_ptr(),
      weights.size(1),
      answers.size(1)};
  const bool is_bf16 = answers.scalar_type() == torch::kBFloat16;
  parallel_for(0, y.size(0), /*grain=*/16, [&](int64_t begin, int64_t end) {
    run_vectorized(CombineJob{sum, is_bf16, begin, end});
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

  torch::silu_(gate).mul_(up);
  calls.clear();
  const auto answers = torch::empty_like(placed);
  for (const auto& part : parts) {
    const auto& expert = part.weights;
    calls.push_back(
        {part_of(gate, part),
         expert.down,
         {},
         expert.down_scale,
         part_of(answers, part)});
  }
  if (shared) {
    const auto shared_up = inner.back();
    auto shared_inner = inner[inner.size() - 2];
    calls.push_back(
        {torch::silu_(shared_inner).mul_(shared_up),
         shared->down,
         {},
         shared->down_scale});
  }
  const auto outer = linears(calls);
  auto y = add_up(answers, order.places, weights);
  return shared ? y.add_(outer.back()) : y;
}

} // namespace microfiche::kernels
