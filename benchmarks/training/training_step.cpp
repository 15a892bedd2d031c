#include "training/loss/loss.h"
#include "training/optimizer/optimizer.h"

#include "model/loaded_model.h"

#include <ATen/Parallel.h>
#include <torch/torch.h>

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <string>
#include <vector>

// Times whole training steps (forward, backward, clipping, Muon and AdamW) of a
// model folder's sizes; training_step_pytorch times the same in Python's
// PyTorch. That both compute the same losses is tested
// (tests/training/loss/loss_test.cpp).

namespace microfiche::benchmarks {
namespace {

struct Options {
  std::string model = "configs/models/nano";
  int64_t pages = 16;
  int64_t side_px = 192;
  int64_t characters = 216;
  int64_t steps = 10;
  int64_t threads = 1;
  std::string dtype = "float32";
};

data::PageBatch make_batch(const Options& options) {
  RandomStream random(0, "benchmark");
  data::PageBatch batch;
  batch.pages = options.pages;
  batch.side_px = options.side_px;
  batch.longest = options.characters;
  batch.pixels.resize(options.pages * options.side_px * options.side_px);
  for (auto& pixel : batch.pixels) {
    pixel = static_cast<uint8_t>(random.below(256));
  }
  batch.answers.resize(options.pages * options.characters);
  for (auto& id : batch.answers) {
    id = random.between(3, 258);
  }
  batch.answer_points.assign(2 * batch.answers.size(), -1.0F);
  return batch;
}

/// CPU seconds of this process, which hardly depend on other programs.
double cpu_seconds() {
  timespec now = {};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) +
      1e-9 * static_cast<double>(now.tv_nsec);
}

/// Median CPU seconds per step.
double time_steps(const Options& options) {
  const std::filesystem::path folder = options.model;
  auto loaded = model::make_model(
      model::load_model_config(folder / "config.json"),
      folder / "tokenizer.json");
  loaded.model->train();
  std::vector<std::pair<std::string, torch::Tensor>> named;
  for (const auto& item : loaded.model->named_parameters()) {
    named.emplace_back(item.key(), item.value());
  }
  const auto parameters = training::with_masters(named);
  if (options.dtype == "bfloat16") {
    loaded.placement.dtype = torch::kBFloat16;
    training::round_weights(parameters, torch::kBFloat16);
  }
  training::Optimizer optimizer(parameters, {training::RateRule{}}, {});
  training::LossFunction loss(loaded, /*heads=*/{});
  const auto batch = make_batch(options);

  std::vector<double> seconds;
  constexpr int64_t kWarmUp = 2;
  for (int64_t step = 0; step < options.steps + kWarmUp; ++step) {
    const double start = cpu_seconds();
    optimizer.zero_grad();
    const auto losses = loss(
        training::to_device(batch, loaded.model->tensor_options()),
        {{"balance", 0.01}});
    losses.total.backward();
    optimizer.clip_gradients();
    optimizer.step(/*rate_factor=*/1);
    if (step >= kWarmUp) {
      seconds.push_back(cpu_seconds() - start);
    }
  }
  std::nth_element(
      seconds.begin(), seconds.begin() + seconds.size() / 2, seconds.end());
  return seconds[seconds.size() / 2];
}

} // namespace
} // namespace microfiche::benchmarks

int main(int argc, char** argv) {
  microfiche::benchmarks::Options options;
  CLI::App app("Times training steps; see benchmarks/training/compare.");
  app.add_option("--model", options.model)->capture_default_str();
  app.add_option("--pages", options.pages)->capture_default_str();
  app.add_option("--side", options.side_px)->capture_default_str();
  app.add_option("--characters", options.characters)->capture_default_str();
  app.add_option("--steps", options.steps)->capture_default_str();
  app.add_option("--threads", options.threads)->capture_default_str();
  app.add_option("--dtype", options.dtype)
      ->check(CLI::IsMember({"float32", "bfloat16"}))
      ->capture_default_str();
  CLI11_PARSE(app, argc, argv);

  at::set_num_threads(static_cast<int>(options.threads));
  std::printf("%.6f\n", microfiche::benchmarks::time_steps(options));
  return 0;
}
