#include "kernels/rel_pos_attention.h"

#include "benchmarks/kernels/timing.h"

#include <cstdio>
#include <vector>

// Compares the ways of rel_pos_attention on a CPU, first the results, then the
// time: a page of the published size, 12 heads of 64 channels, without
// gradients, and a training batch of a nano model, four heads of 32 channels.

namespace {

using microfiche::benchmarks::seconds;
using microfiche::kernels::rel_pos_attention_blocked;
using microfiche::kernels::rel_pos_attention_extended;
using microfiche::kernels::rel_pos_attention_reference;

using Attend = decltype(&rel_pos_attention_reference);

struct Inputs {
  torch::Tensor q, k, v, table_h, table_w;
  int64_t side;

  torch::Tensor run(Attend attend) const {
    return attend(q, k, v, table_h, table_w, side);
  }
};

Inputs make_inputs(
    int64_t batch,
    int64_t heads,
    int64_t side,
    int64_t channels,
    torch::Dtype dtype) {
  const auto tensor = [&](at::IntArrayRef shape, double factor) {
    return (torch::randn(shape) * factor).to(dtype);
  };
  const std::vector<int64_t> shape = {batch, heads, side * side, channels};
  const std::vector<int64_t> table = {2 * side - 1, channels};
  return {
      tensor(shape, 1),
      tensor(shape, 1),
      tensor(shape, 1),
      tensor(table, 0.1),
      tensor(table, 0.1),
      side};
}

const char* name_of(torch::Dtype dtype) {
  return dtype == torch::kFloat32 ? "f32" : "bf16";
}

bool is_close(const Inputs& in, Attend attend) {
  const torch::NoGradGuard no_grad;
  const double bound = in.q.scalar_type() == torch::kFloat32 ? 1e-5 : 2e-2;
  const double error = (in.run(attend) - in.run(rel_pos_attention_reference))
                           .abs()
                           .max()
                           .item<double>();
  if (error > bound) {
    std::printf("side %d: off by %g\n", static_cast<int>(in.side), error);
  }
  return error <= bound;
}

double milliseconds(const std::function<torch::Tensor()>& run) {
  return 1e3 * seconds(run, /*on_gpu=*/false, /*repeat=*/5);
}

bool measure_page(int64_t side, torch::Dtype dtype) {
  const torch::InferenceMode inference;
  const auto in = make_inputs(1, 12, side, 64, dtype);
  if (!is_close(in, rel_pos_attention_blocked) ||
      !is_close(in, rel_pos_attention_extended)) {
    return false;
  }
  const auto time = [&](Attend attend) {
    return milliseconds([&] { return in.run(attend); });
  };
  const double reference = time(rel_pos_attention_reference);
  const double blocked = time(rel_pos_attention_blocked);
  const double extended = time(rel_pos_attention_extended);
  std::printf(
      "| %s | %d x %d | %.1f | %.2f | %.2f |\n",
      name_of(dtype),
      static_cast<int>(side),
      static_cast<int>(side),
      reference,
      reference / blocked,
      reference / extended);
  return true;
}

bool measure_training(int64_t batch, int64_t side, torch::Dtype dtype) {
  const auto in = make_inputs(batch, 4, side, 32, dtype);
  if (!is_close(in, rel_pos_attention_extended)) {
    return false;
  }
  for (auto tensor : {in.q, in.k, in.v, in.table_h, in.table_w}) {
    tensor.requires_grad_();
  }
  const auto time = [&](Attend attend) {
    return milliseconds([&] {
      const auto y = in.run(attend);
      y.sum().backward();
      return y;
    });
  };
  const double reference = time(rel_pos_attention_reference);
  const double extended = time(rel_pos_attention_extended);
  std::printf(
      "| %s | %d of %d x %d | %.0f | %.2f |\n",
      name_of(dtype),
      static_cast<int>(batch),
      static_cast<int>(side),
      static_cast<int>(side),
      reference,
      reference / extended);
  return true;
}

} // namespace

int main() {
  torch::set_num_threads(1);
  torch::manual_seed(0);
  bool same = true;
  std::printf(
      "Reference ms, and its time over that of the others\n\n"
      "| dtype | grid | reference ms | blocked | extended |\n"
      "|---|---|---|---|---|\n");
  for (const auto dtype : {torch::kFloat32, torch::kBFloat16}) {
    for (const int64_t side : {6, 12, 14, 24, 32, 40, 64, 80}) {
      same = measure_page(side, dtype) && same;
    }
  }
  std::printf(
      "\nForward and backward\n\n"
      "| dtype | grids | reference ms | extended |\n"
      "|---|---|---|---|\n");
  for (const auto dtype : {torch::kFloat32, torch::kBFloat16}) {
    for (const auto& [batch, side] :
         {std::pair(216, 8), std::pair(24, 24), std::pair(6, 48)}) {
      same = measure_training(batch, side, dtype) && same;
    }
  }
  return same ? 0 : 1;
}
