#pragma once

#include <torch/torch.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <functional>

namespace microfiche::benchmarks {

/// The shortest of several runs in seconds: wall time on a GPU, CPU time on a
/// CPU, which hardly depends on other programs.
inline double seconds(
    const std::function<torch::Tensor()>& run,
    bool on_gpu = false,
    int repeat = 20) {
  const auto now = [&] {
    if (!on_gpu) {
      return static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
    }
    torch::cuda::synchronize();
    const auto time = std::chrono::steady_clock::now().time_since_epoch();
    return std::chrono::duration<double>(time).count();
  };
  double shortest = 1e30;
  for (int i = 0; i < repeat; ++i) {
    const double start = now();
    run();
    shortest = std::min(shortest, now() - start);
  }
  return shortest;
}

} // namespace microfiche::benchmarks
