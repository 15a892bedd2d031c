#include "decoder/decode_team.h"

#include <ATen/Parallel.h>
#include <torch/torch.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <functional>
#include <vector>

// Compares DecodeTeam with Decoder::forward: first the logits, then the wall
// time with all threads. Published widths, one dense layer and two with
// experts, an eighth of the vocabulary, 16 positions per row.

namespace {

using namespace microfiche;

constexpr int64_t kPositions = 16;
constexpr int64_t kSteps = 12;

decoder::Decoder make_decoder(int bits) {
  decoder::Decoder decoder(
      decoder::DecoderOptions().layers(3).vocab_size(16160));
  for (const auto& module : decoder->modules()) {
    auto* linear = module->as<layers::Linear>();
    if (linear != nullptr && bits == 8) {
      linear->quantize();
    } else if (linear != nullptr && bits == 4) {
      linear->quantize_int4(/*group=*/32, /*zero_points=*/false);
    }
  }
  for (auto& parameter : decoder->parameters()) {
    if (parameter.is_floating_point()) {
      parameter.set_data(parameter.to(torch::kBFloat16));
    }
  }
  decoder->eval();
  return decoder;
}

/// Milliseconds of the fastest step.
double fastest_ms(const std::function<void()>& step) {
  double shortest = 1e30;
  for (int64_t i = 0; i < kSteps; ++i) {
    const auto start = std::chrono::steady_clock::now();
    step();
    const std::chrono::duration<double, std::milli> spent =
        std::chrono::steady_clock::now() - start;
    shortest = std::min(shortest, spent.count());
  }
  return shortest;
}

bool measure(decoder::Decoder& decoder, int bits, int64_t rows) {
  const auto prompts = torch::randn({rows, kPositions, 1280}, torch::kBFloat16);
  const std::vector<int64_t> lengths(rows, kPositions);
  const auto ids = torch::randint(16160, {rows, 1}, torch::kInt64);
  const auto make_cache = [&] {
    auto cache = decoder->make_cache(rows, kPositions + kSteps + 1);
    decoder->forward(prompts, &cache, lengths);
    return cache;
  };
  auto cache = make_cache();
  auto expected_cache = make_cache();
  decoder::DecodeTeam team(decoder, cache);
  const auto forward = [&] {
    return decoder->logits(
        decoder->forward(decoder->embed(ids), &expected_cache).squeeze(1));
  };

  const auto expected = forward();
  const double error =
      ((team.run(ids, cache) - expected).abs().max() / expected.abs().max())
          .item<double>();
  // Rounding the other way in bfloat16 is a step of 2^-8; errors add up over
  // layers.
  if (!(error < 0.05)) {
    std::printf("%lld rows: off by %g\n", static_cast<long long>(rows), error);
    return false;
  }
  const double team_ms = fastest_ms([&] { team.run(ids, cache); });
  const double forward_ms = fastest_ms([&] { forward(); });
  std::printf(
      "| %s | %lld | %.2f | %.2f | %.2f |\n",
      bits == 16      ? "bf16"
          : bits == 8 ? "int8"
                      : "int4",
      static_cast<long long>(rows),
      team_ms,
      forward_ms,
      forward_ms / team_ms);
  return true;
}

} // namespace

int main() {
  const torch::InferenceMode inference;
  torch::manual_seed(0);
  std::printf(
      "%d threads\n\n| weights | rows | team ms | forward ms | ratio |\n"
      "|---|---|---|---|---|\n",
      at::get_num_threads());
  bool same = true;
  for (const int bits : {16, 8, 4}) {
    auto decoder = make_decoder(bits);
    for (const int64_t rows : {1, 4, 16}) {
      same = measure(decoder, bits, rows) && same;
    }
  }
  return same ? 0 : 1;
}
