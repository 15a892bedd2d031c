#include "kernels/rel_pos_attention.h"

#include "benchmarks/kernels/timing.h"

#include <cstdio>

// Compares rel_pos_attention_blocked with its reference on a CPU, first the
// results, then the time: one page, 12 heads of 64 channels.

namespace {

using microfiche::benchmarks::seconds;
using microfiche::kernels::rel_pos_attention_blocked;
using microfiche::kernels::rel_pos_attention_reference;

bool measure(int64_t side, torch::Dtype dtype) {
  const torch::InferenceMode inference;
  const auto heads = [&] {
    return torch::randn({1, 12, side * side, 64}).to(dtype);
  };
  const auto q = heads(), k = heads(), v = heads();
  const auto table_h = (torch::randn({2 * side - 1, 64}) * 0.1).to(dtype);
  const auto table_w = (torch::randn({2 * side - 1, 64}) * 0.1).to(dtype);
  const auto blocked = [&] {
    return rel_pos_attention_blocked(q, k, v, table_h, table_w, side);
  };
  const auto reference = [&] {
    return rel_pos_attention_reference(q, k, v, table_h, table_w, side);
  };

  const double error = (blocked() - reference()).abs().max().item<double>();
  if (error > (dtype == torch::kFloat32 ? 1e-5 : 2e-2)) {
    std::printf("side %lld: off by %g\n", static_cast<long long>(side), error);
    return false;
  }
  const double in_blocks = seconds(blocked, /*on_gpu=*/false, /*repeat=*/5);
  const double at_once = seconds(reference, /*on_gpu=*/false, /*repeat=*/5);
  std::printf(
      "| %s | %lld x %lld | %.1f | %.1f | %.2f |\n",
      dtype == torch::kFloat32 ? "f32" : "bf16",
      static_cast<long long>(side),
      static_cast<long long>(side),
      in_blocks * 1e3,
      at_once * 1e3,
      at_once / in_blocks);
  return true;
}

} // namespace

int main() {
  torch::set_num_threads(1);
  torch::manual_seed(0);
  std::printf(
      "| dtype | grid | blocks ms | reference ms | ratio |\n"
      "|---|---|---|---|---|\n");
  bool same = true;
  for (const auto dtype : {torch::kFloat32, torch::kBFloat16}) {
    for (const int64_t side : {6, 12, 14, 24, 32, 40, 64, 80}) {
      same = measure(side, dtype) && same;
    }
  }
  return same ? 0 : 1;
}
