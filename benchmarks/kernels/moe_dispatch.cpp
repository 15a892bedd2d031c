#include "kernels/moe_dispatch.h"

#include "benchmarks/kernels/timing.h"

#include <cstdio>
#include <tuple>
#include <vector>

// Compares moe_dispatch with its reference, first the results, then the time:
// 8 experts of 256 x 512, two per token.

namespace {

using microfiche::benchmarks::seconds;
using namespace microfiche::kernels;

bool measure(int64_t tokens, torch::DeviceType device) {
  const torch::InferenceMode inference;
  const auto options = torch::TensorOptions(device);
  const auto x = torch::randn({tokens, 256}, options);
  torch::Tensor weights;
  torch::Tensor ids;
  std::tie(weights, ids) =
      torch::softmax(torch::randn({tokens, 8}, options), 1).topk(2, 1);
  std::vector<ExpertWeights> matrices;
  for (int64_t e = 0; e < 8; ++e) {
    matrices.push_back(
        {torch::randn({512, 256}, options) / 16,
         torch::randn({512, 256}, options) / 16,
         torch::randn({256, 512}, options) / 16});
  }
  const Experts experts{8, [&](int64_t e) { return matrices[e]; }, {}};
  const auto time = [&](decltype(&moe_dispatch) dispatch) {
    return 1e6 *
        seconds(
               [&] { return dispatch(x, ids, weights, experts); },
               device == torch::kCUDA);
  };

  const auto expected = moe_dispatch_reference(x, ids, weights, experts);
  const double error =
      ((moe_dispatch(x, ids, weights, experts) - expected).abs().max() /
       expected.abs().max())
          .item<double>();
  if (error > 1e-3) {
    std::printf(
        "%lld tokens: off by %g\n", static_cast<long long>(tokens), error);
    return false;
  }
  const double reference = time(&moe_dispatch_reference);
  const double sorted = time(&moe_dispatch_sorted);
  const double grouped = time(&moe_dispatch_grouped);
  const double chosen = time(&moe_dispatch);
  std::printf(
      "| %s | %lld | %.0f | %.0f | %.0f | %.0f |\n",
      device == torch::kCUDA ? "GPU" : "CPU",
      static_cast<long long>(tokens),
      reference,
      sorted,
      grouped,
      chosen);
  return true;
}

} // namespace

int main() {
  torch::set_num_threads(1);
  torch::manual_seed(0);
  std::printf(
      "| device | tokens | reference us | sorted us | grouped us | chosen us |\n"
      "|---|---|---|---|---|---|\n");
  bool same = true;
  for (const int64_t tokens : {1, 16, 64, 2048}) {
    same = measure(tokens, torch::kCPU) && same;
    if (torch::cuda::is_available()) {
      same = measure(tokens, torch::kCUDA) && same;
    }
  }
  return same ? 0 : 1;
}
