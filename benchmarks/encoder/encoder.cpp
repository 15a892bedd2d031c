#include "encoder/deep_encoder.h"

#include <torch/torch.h>

#include <chrono>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

// Times the encoder of the published size with random weights. Prints one JSON
// line per run, like benchmarks/peers/encoder_pytorch.
//
//   encoder_benchmark THREADS REPEAT SIDE_PX...

namespace {

double wall_seconds() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration<double>(now).count();
}

double cpu_seconds() {
  return static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
}

/// "VmRSS:", the resident size, or "VmHWM:", its peak since `reset_peak`.
int64_t resident_bytes(const std::string& field) {
  std::ifstream status("/proc/self/status");
  std::string name;
  int64_t kilobytes = 0;
  while (status >> name && name != field) {
    status.ignore(4096, '\n');
  }
  status >> kilobytes;
  return kilobytes * 1024;
}

void reset_peak() {
  // 5 resets the peak resident size; see proc(5).
  std::ofstream("/proc/self/clear_refs") << "5\n";
}

} // namespace

int main(int argc, char** argv) {
  if (argc < 4) {
    std::cerr << "usage: encoder_benchmark THREADS REPEAT SIDE_PX...\n";
    return 2;
  }
  torch::set_num_threads(std::atoi(argv[1]));
  const int repeat = std::atoi(argv[2]);
  torch::manual_seed(0);
  microfiche::encoder::DeepEncoder encoder;
  encoder->eval();
  const torch::InferenceMode inference;
  for (int i = 3; i < argc; ++i) {
    const int64_t side = std::atoll(argv[i]);
    const auto pixels = torch::rand({1, 3, side, side}) * 2 - 1;
    for (int run = 0; run < repeat; ++run) {
      // All weights are resident, because they were just initialised.
      const int64_t before = resident_bytes("VmRSS:");
      reset_peak();
      const double wall = wall_seconds(), cpu = cpu_seconds();
      encoder->forward(pixels);
      std::cout << "{\"side_px\": " << side
                << ", \"seconds\": " << wall_seconds() - wall
                << ", \"cpu_seconds\": " << cpu_seconds() - cpu
                << ", \"resident_before_bytes\": " << before
                << ", \"peak_memory_bytes\": " << resident_bytes("VmHWM:")
                << "}" << std::endl;
    }
  }
  return 0;
}
