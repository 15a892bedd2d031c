#include "kernels/linear.h"

#include <ATen/Parallel.h>
#include <torch/torch.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <functional>
#include <vector>

// linear's CPU kernel for few rows against ATen's bfloat16 product, on matrices
// of the decoder's experts (896 x 1280), more of them than caches hold, and
// against the memory's read bandwidth. Wall time, all threads.

namespace {

using microfiche::kernels::Linear;

constexpr int64_t kIn = 1280;
constexpr int64_t kOut = 896;
constexpr int64_t kMatrices = 200;

/// The shortest of some runs.
double seconds_of(const std::function<void()>& run, int repeat = 7) {
  double shortest = 1e30;
  for (int i = 0; i < repeat; ++i) {
    const auto start = std::chrono::steady_clock::now();
    run();
    const std::chrono::duration<double> spent =
        std::chrono::steady_clock::now() - start;
    shortest = std::min(shortest, spent.count());
  }
  return shortest;
}

/// GB/s at which a sum reads a gigabyte.
double read_bandwidth() {
  const auto numbers = torch::ones({int64_t{1} << 28});
  return 1e-9 * static_cast<double>(numbers.nbytes()) /
      seconds_of([&] { numbers.sum(); });
}

} // namespace

int main() {
  const torch::InferenceMode inference;
  std::printf(
      "%d threads, memory reads %.1f GB/s\n\n"
      "| rows | bf16, GB/s | int8, GB/s | ATen bf16, GB/s |\n"
      "|---|---|---|---|\n",
      at::get_num_threads(),
      read_bandwidth());
  std::vector<Linear> exact;
  std::vector<Linear> rounded;
  for (int64_t i = 0; i < kMatrices; ++i) {
    exact.emplace_back(torch::nn::LinearOptions(kIn, kOut).bias(false));
    exact.back()->to(torch::kBFloat16);
    rounded.emplace_back(torch::nn::LinearOptions(kIn, kOut).bias(false));
    rounded.back()->quantize();
  }
  const double numbers = static_cast<double>(kIn * kOut * kMatrices);
  for (const int64_t rows : {1, 2, 4, 8, 16, 32, 64, 256, 1024}) {
    const auto x = torch::randn({rows, kIn}, torch::kBFloat16);
    const auto time = [&](std::vector<Linear>& layers) {
      return seconds_of([&] {
        for (auto& layer : layers) {
          layer->forward(x);
        }
      });
    };
    const double aten = seconds_of([&] {
      for (auto& layer : exact) {
        torch::linear(x, layer->weight);
      }
    });
    std::printf(
        "| %lld | %.1f | %.1f | %.1f |\n",
        static_cast<long long>(rows),
        2e-9 * numbers / time(exact),
        1e-9 * numbers / time(rounded),
        2e-9 * numbers / aten);
  }
  return 0;
}
