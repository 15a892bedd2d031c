#pragma once

#include <torch/torch.h>

#include <chrono>
#include <functional>

namespace microfiche::benchmarks {

/// The shortest of several runs, in seconds, on the CPU or on a GPU.
inline double seconds(
    const std::function<torch::Tensor()>& run,
    bool on_gpu = false,
    int repeat = 20) {
  const auto wait = [&] {
    if (on_gpu) {
      torch::cuda::synchronize();
    }
  };
  double shortest = 1e30;
  for (int i = 0; i < repeat; ++i) {
    wait();
    const auto began = std::chrono::steady_clock::now();
    run();
    wait();
    const std::chrono::duration<double> took =
        std::chrono::steady_clock::now() - began;
    shortest = std::min(shortest, took.count());
  }
  return shortest;
}

} // namespace microfiche::benchmarks
