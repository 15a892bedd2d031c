#include "kernels/linear.h"
#include "kernels/read_bandwidth.h"
#include "layers/linear.h"

#include <ATen/Parallel.h>
#include <torch/torch.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <functional>
#include <vector>

// Compares the CPU kernels of linear with ATen, in wall time with all threads.
// First float32 weights that stay in the cache, in the widths of the nano model
// and of the published one. Then more expert matrices (896 x 1280) than caches
// hold, beside the memory's read bandwidth.

namespace {

using microfiche::layers::Linear;

constexpr int64_t kIn = 1280;
constexpr int64_t kOut = 896;
constexpr int64_t kMatrices = 200;
constexpr int64_t kInt4Group = 32;

// The least multiplications of a float32 run.
constexpr int64_t kProductsPerRun = int64_t{1} << 28;

/// The shortest of several runs.
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

/// Prints the GFLOP/s of one product, ours and ATen's with a float32 weight.
void compare_float32(int64_t in, int64_t out, torch::Dtype dtype) {
  const auto exact = torch::randn({out, in});
  const auto weight = exact.to(dtype);
  std::printf(
      "| %lld x %lld |",
      static_cast<long long>(out),
      static_cast<long long>(in));
  for (const int64_t rows : {1, 4, 8, 12, 24, 64, 96, 512, 4096}) {
    const auto x = torch::randn({rows, in});
    const auto speed = [&](const std::function<void()>& run) {
      const int64_t times =
          std::max<int64_t>(1, kProductsPerRun / (rows * in * out));
      const double seconds = seconds_of([&] {
        for (int64_t i = 0; i < times; ++i) {
          run();
        }
      });
      return 2e-9 * static_cast<double>(times * rows * in * out) / seconds;
    };
    const double ours = speed([&] { microfiche::kernels::linear(x, weight); });
    const double aten = speed([&] { torch::linear(x, exact); });
    std::printf(" %.0f / %.0f |", ours, aten);
  }
  std::printf("\n");
}

} // namespace

int main() {
  const torch::InferenceMode inference;
  for (const auto dtype : {torch::kFloat32, torch::kBFloat16}) {
    std::printf(
        "float32 by %s, GFLOP/s, ours / ATen's with float32\n\n"
        "| weight, rows: | 1 | 4 | 8 | 12 | 24 | 64 | 96 | 512 | 4096 |\n"
        "|---|---|---|---|---|---|---|---|---|---|\n",
        dtype == torch::kFloat32 ? "float32" : "bf16");
    compare_float32(128, 384, dtype);
    compare_float32(256, 256, dtype);
    compare_float32(768, 256, dtype);
    compare_float32(1280, 896, dtype);
    compare_float32(768, 3072, dtype);
    compare_float32(3072, 768, dtype);
    std::printf("\n");
  }
  std::printf(
      "%d threads, memory reads %.1f GB/s\n\n"
      "| rows | bf16, GB/s | int8, GB/s | int4, GB/s | ATen bf16, GB/s |\n"
      "|---|---|---|---|---|\n",
      at::get_num_threads(),
      1e-9 * microfiche::kernels::read_bandwidth());
  std::vector<Linear> exact;
  std::vector<Linear> rounded;
  std::vector<Linear> rounded_to_int4;
  for (int64_t i = 0; i < kMatrices; ++i) {
    exact.emplace_back(torch::nn::LinearOptions(kIn, kOut).bias(false));
    exact.back()->to(torch::kBFloat16);
    rounded.emplace_back(torch::nn::LinearOptions(kIn, kOut).bias(false));
    rounded.back()->quantize();
    rounded_to_int4.emplace_back(
        torch::nn::LinearOptions(kIn, kOut).bias(false));
    rounded_to_int4.back()->quantize_int4(kInt4Group, /*zero_points=*/false);
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
        "| %lld | %.1f | %.1f | %.1f | %.1f |\n",
        static_cast<long long>(rows),
        2e-9 * numbers / time(exact),
        1e-9 * numbers / time(rounded),
        // A scale has 16 bits.
        1e-9 * numbers * (0.5 + 2.0 / kInt4Group) / time(rounded_to_int4),
        2e-9 * numbers / aten);
  }
  return 0;
}
