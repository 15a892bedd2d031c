#include "kernels/rms_norm.h"

#include "benchmarks/kernels/timing.h"

#include <cstdio>

// Compares the CUDA kernel of rms_norm with its reference, first the results,
// then the time, at the decoder's width of 1280.

namespace {

using microfiche::benchmarks::seconds;
using microfiche::kernels::rms_norm;
using microfiche::kernels::rms_norm_reference;

constexpr int64_t kWidth = 1280;
// The memory of an H200. The fraction is wrong on other devices.
constexpr double kPeakBytesPerSecond = 4.8e12;

bool measure(int64_t rows, torch::Dtype dtype, const char* name) {
  const torch::InferenceMode inference;
  const auto options = torch::TensorOptions(torch::kCUDA).dtype(dtype);
  const auto x = torch::randn({rows, kWidth}, options);
  const auto weight = torch::rand({kWidth}, options) + 0.5;

  const auto expected = rms_norm_reference(x, weight).to(torch::kFloat32);
  const auto actual = rms_norm(x, weight).to(torch::kFloat32);
  const double error =
      ((actual - expected).abs().max() / expected.abs().max()).item<double>();
  if (error > (dtype == torch::kFloat32 ? 1e-5 : 1.2e-2)) {
    std::printf(
        "rows %lld, %s: off by %g\n",
        static_cast<long long>(rows),
        name,
        error);
    return false;
  }

  const double kernel =
      seconds([&] { return rms_norm(x, weight); }, /*on_gpu=*/true);
  const double reference =
      seconds([&] { return rms_norm_reference(x, weight); }, /*on_gpu=*/true);
  const double bytes = 2.0 * static_cast<double>(x.nbytes());
  std::printf(
      "| %lld | %s | %.1f | %.1f | %.2f | %.0f | %.0f %% |\n",
      static_cast<long long>(rows),
      name,
      kernel * 1e6,
      reference * 1e6,
      reference / kernel,
      bytes / kernel / 1e9,
      100 * bytes / kernel / kPeakBytesPerSecond);
  return true;
}

} // namespace

int main() {
  if (!torch::cuda::is_available()) {
    std::printf("rms_norm: no GPU on this machine, nothing to compare\n");
    return 0;
  }
  std::printf(
      "| rows | dtype | kernel us | reference us | ratio | GB/s | of 4.8 TB/s |\n"
      "|---|---|---|---|---|---|---|\n");
  bool same = true;
  for (const int64_t rows : {1, 64, 8192, 131072}) {
    same = measure(rows, torch::kFloat32, "float32") && same;
    same = measure(rows, torch::kBFloat16, "bfloat16") && same;
  }
  return same ? 0 : 1;
}
