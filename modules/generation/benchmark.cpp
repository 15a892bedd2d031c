#include "generation/benchmark.h"

#include "core/memory_use.h"
#include "core/random.h"
#include "core/terminal.h"
#include "generation/decode_step.h"
#include "model/peak_memory.h"
#include "page/page_views.h"

#include <ATen/Parallel.h>
#include <torch/cuda.h>
#include <torch/torch.h>

#include <algorithm>
#include <chrono>
#include <functional>

// B = pages at once, L = positions of a prompt, D = width of the decoder.

namespace microfiche::generation {
namespace {

/// A stage to time; `run` processes `tokens` tokens.
struct Stage {
  std::string what;
  int64_t tokens;
  std::function<void()> run;
};

void wait_for(const torch::Device& device) {
  if (device.is_cuda()) {
    torch::cuda::synchronize();
  }
}

/// Times a stage `repeat` times after one warm-up run.
StageTiming time_stage(
    const Stage& stage,
    const BenchmarkConfig& config,
    const std::string& mode,
    const model::Placement& placement) {
  stage.run();
  wait_for(placement.device);
  model::reset_peak_memory(placement.device);
  std::vector<double> seconds;
  for (int64_t i = 0; i < config.repeat; ++i) {
    const auto start = std::chrono::steady_clock::now();
    stage.run();
    wait_for(placement.device);
    seconds.push_back(
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start)
            .count());
  }
  return timing_of(
      stage.what, std::move(seconds), stage.tokens, mode, config, placement);
}

/// Positions that one call appends to the cache when it fills it.
constexpr int64_t kFillPositions = 512;

/// The slots that the runs of "decode" fill after the prompt.
int64_t answer_slots(const BenchmarkConfig& config, int64_t window) {
  const int64_t slots = config.outputs == 0
      ? config.steps
      : config.outputs + config.steps * (config.repeat + 1);
  return window > 0 ? std::min(slots, window) : slots;
}

/// Appends `count` random ids to every row.
void fill_answers(
    decoder::Decoder& decoder,
    decoder::KvCache& cache,
    int64_t count) {
  for (int64_t done = 0; done < count; done += kFillPositions) {
    const auto ids = torch::randint(
        decoder->options.vocab_size(),
        {cache.batch(), std::min(kFillPositions, count - done)},
        torch::TensorOptions(torch::kInt64)
            .device(decoder->lm_head->weight.device()));
    decoder->forward(decoder->embed(ids), &cache);
  }
}

/// A page of noise with the shape of A4.
page::PageImage dummy_page(const page::ResolutionMode& mode, uint64_t seed) {
  auto image = page::make_page(
      mode.base_size_px, page::a4_height_px(mode.base_size_px), page::Colour{});
  RandomStream random(seed, "bench page");
  for (auto& value : image.rgb) {
    value = static_cast<uint8_t>(random.bits());
  }
  return image;
}

} // namespace

RunSeconds summarize(std::vector<double> seconds) {
  std::sort(seconds.begin(), seconds.end());
  const size_t middle = seconds.size() / 2;
  const double median = seconds.size() % 2 == 1
      ? seconds[middle]
      : (seconds[middle - 1] + seconds[middle]) / 2;
  return {seconds.front(), median, seconds.back()};
}

StageTiming timing_of(
    const std::string& what,
    std::vector<double> seconds,
    int64_t tokens,
    const std::string& mode,
    const BenchmarkConfig& config,
    const model::Placement& placement) {
  StageTiming timing;
  timing.what = what;
  timing.mode = mode;
  timing.batch = config.batch;
  timing.device = model::device_name(placement.device);
  timing.dtype = model::dtype_name(placement);
  timing.threads = at::get_num_threads();
  timing.seconds = summarize(std::move(seconds));
  timing.tokens_per_second =
      static_cast<double>(tokens) / timing.seconds.median;
  timing.peak_memory_bytes = model::peak_memory_bytes(placement.device);
  return timing;
}

std::vector<StageTiming> time_stages(
    model::LoadedModel& loaded,
    const page::ResolutionMode& mode,
    const BenchmarkConfig& config) {
  const std::vector<page::PageViews> pages(
      config.batch, page::make_views(dummy_page(mode, config.seed), mode));
  const torch::InferenceMode inference;
  auto& decoder = loaded.model->decoder;
  const auto counts = page::count_vision_tokens(
      mode,
      pages[0].page_width_px,
      pages[0].page_height_px,
      loaded.config.pixels_per_token());
  const int64_t positions =
      config.positions > 0 ? config.positions : counts.positions + 1;

  torch::manual_seed(static_cast<int64_t>(config.seed));
  const auto embeds = torch::randn(
      {config.batch, positions, loaded.config.language.hidden_size},
      loaded.model->tensor_options()); // (B, L, D)
  auto cache = decoder->make_cache(
      config.batch,
      positions + answer_slots(config, decoder->options.window()));
  cache.set_prompt_lengths(std::vector<int64_t>(config.batch, positions));
  DecodeStep decode_step(decoder);
  const std::vector<Stage> stages = {
      {"encode",
       config.batch * counts.nominal,
       [&] { loaded.model->encode(pages, mode); }},
      {"prefill",
       config.batch * positions,
       [&] {
         cache.truncate(0);
         const auto hidden = decoder->forward(embeds, &cache);
         decoder->logits(hidden.select(1, positions - 1));
       }},
      {"decode",
       config.batch * config.steps,
       [&] {
         if (cache.max_length() < positions) {
           decoder->forward(embeds, &cache);
         }
         if (config.outputs == 0) {
           cache.truncate(positions);
         } else if (cache.max_length() == positions) {
           fill_answers(decoder, cache, config.outputs);
         }
         auto ids = torch::zeros(
             {config.batch, 1},
             torch::TensorOptions(torch::kInt64).device(embeds.device()));
         for (int64_t step = 0; step < config.steps; ++step) {
           ids = decode_step.logits(ids, cache).argmax(1, true);
         }
       }},
  };

  std::vector<StageTiming> timings;
  for (const auto& stage : stages) {
    if (std::find(config.what.begin(), config.what.end(), stage.what) ==
        config.what.end()) {
      continue;
    }
    say("timing " + stage.what);
    const auto reason = decode_step.unsupported_reason(cache);
    if (stage.what == "decode" && reason) {
      say("decoding layer by layer, because " + *reason);
    }
    timings.push_back(time_stage(stage, config, mode.name, loaded.placement));
    if (stage.what != "encode") {
      timings.back().kv_cache_bytes = cache.num_bytes();
    }
  }
  return timings;
}

Table timing_table(const std::vector<StageTiming>& timings) {
  Table table;
  table.header = {
      "what",
      "mode",
      "batch",
      "dtype",
      "threads",
      "min s",
      "median s",
      "max s",
      "tokens/s",
      "peak memory",
      "KV cache"};
  for (const auto& timing : timings) {
    table.rows.push_back(
        {timing.what,
         timing.mode,
         std::to_string(timing.batch),
         timing.dtype,
         std::to_string(timing.threads),
         fixed(timing.seconds.min, 4),
         fixed(timing.seconds.median, 4),
         fixed(timing.seconds.max, 4),
         fixed(timing.tokens_per_second, 1),
         bytes_text(timing.peak_memory_bytes),
         bytes_text(timing.kv_cache_bytes)});
  }
  return table;
}

} // namespace microfiche::generation
