#include "kernels/read_bandwidth.h"

#include <torch/torch.h>

#include <algorithm>
#include <chrono>

namespace microfiche::kernels {

double read_bandwidth(const torch::Device& device) {
  using Clock = std::chrono::steady_clock;
  constexpr int kRuns = 7;
  const torch::InferenceMode inference;
  const auto numbers = torch::ones(
      {int64_t{1} << 27}, torch::TensorOptions(torch::kFloat32).device(device));
  double fastest = 0;
  for (int i = 0; i < kRuns; ++i) {
    const auto start = Clock::now();
    // `item` waits for a GPU.
    numbers.sum().item<float>();
    const std::chrono::duration<double> spent = Clock::now() - start;
    fastest = std::max(
        fastest, static_cast<double>(numbers.nbytes()) / spent.count());
  }
  return fastest;
}

} // namespace microfiche::kernels
