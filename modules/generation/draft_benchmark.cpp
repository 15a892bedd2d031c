#include "generation/draft_benchmark.h"

#include "core/random.h"
#include "core/table.h"
#include "core/terminal.h"
#include "generation/generate.h"
#include "model/peak_memory.h"
#include "page/page_image.h"
#include "page/vision_token_order.h"

#include <torch/torch.h>

#include <algorithm>
#include <ctime>
#include <memory>
#include <utility>

// L = positions of a prompt, D = width of the decoder, V = vocabulary.

namespace microfiche::generation {
namespace {

constexpr int64_t kNoEnd = -1;

struct Run {
  std::vector<GenerationResult> results;
  /// Of prefill and decoding.
  double processor_seconds = 0;

  double sum(double GenerationResult::*seconds) const {
    double total = 0;
    for (const auto& result : results) {
      total += result.*seconds;
    }
    return total;
  }

  int64_t sum(int64_t GenerationResult::*count) const {
    int64_t total = 0;
    for (const auto& result : results) {
      total += result.*count;
    }
    return total;
  }
};

/// The times of decoding in several runs.
struct DecodeTimes {
  std::vector<double> wall;
  std::vector<double> processor;

  void add(const Run& run) {
    const double decode = run.sum(&GenerationResult::decode_seconds);
    const double prefill = run.sum(&GenerationResult::prefill_seconds);
    wall.push_back(decode);
    processor.push_back(
        run.processor_seconds * decode / std::max(decode + prefill, 1e-9));
  }
};

std::vector<GenerationRequest> make_requests(
    const model::LoadedModel& loaded,
    int64_t positions,
    const BenchmarkConfig& config) {
  torch::manual_seed(static_cast<int64_t>(config.seed));
  std::vector<GenerationRequest> requests;
  for (int64_t page = 0; page < config.batch; ++page) {
    GenerationRequest request;
    request.embeds = torch::randn(
        {positions, loaded.config.language.hidden_size},
        loaded.model->tensor_options()); // (L, D)
    request.page = page;
    requests.push_back(std::move(request));
  }
  return requests;
}

/// The ids with some of them replaced at random.
std::shared_ptr<const Draft> make_wrong_draft(
    std::vector<int64_t> ids,
    double error_percent,
    int64_t vocab_size,
    RandomStream& random) {
  for (auto& id : ids) {
    if (random.uniform() * 100 < error_percent) {
      id = static_cast<int64_t>(random.below(vocab_size));
    }
  }
  return std::make_shared<const Draft>(
      std::vector<std::vector<int64_t>>{std::move(ids)});
}

} // namespace

DraftTimings time_drafts(
    model::LoadedModel& loaded,
    const page::ResolutionMode& mode,
    const BenchmarkConfig& config,
    const DraftBenchmarkConfig& draft) {
  const torch::InferenceMode inference;
  auto& decoder = loaded.model->decoder;
  const auto counts = page::count_vision_tokens(
      mode,
      mode.base_size_px,
      page::a4_height_px(mode.base_size_px),
      loaded.config.pixels_per_token());
  const auto requests = make_requests(
      loaded,
      config.positions > 0 ? config.positions : counts.positions + 1,
      config);
  GenerationConfig generation;
  generation.max_new_tokens = draft.ids;
  generation.loop_repeats = 0;
  const auto run = [&](const std::vector<GenerationRequest>& all) {
    const auto start = std::clock();
    Run result{generate(decoder, all, generation, kNoEnd)};
    result.processor_seconds =
        static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
    return result;
  };

  say("timing decoding with and without a draft");
  model::reset_peak_memory(loaded.placement.device);
  const auto plain = run(requests);
  auto drafted_requests = requests;
  RandomStream random(config.seed, "bench draft");
  for (size_t page = 0; page < requests.size(); ++page) {
    drafted_requests[page].draft = make_wrong_draft(
        plain.results[page].ids,
        draft.error_percent,
        decoder->options.vocab_size(),
        random);
  }
  const auto drafted = run(drafted_requests);
  DecodeTimes plain_times;
  DecodeTimes drafted_times;
  for (int64_t i = 0; i < config.repeat; ++i) {
    plain_times.add(run(requests));
    drafted_times.add(run(drafted_requests));
  }

  DraftTimings timings;
  int64_t num_ids = 0;
  for (const auto& result : plain.results) {
    num_ids += std::ssize(result.ids);
  }
  timings.differences = find_draft_differences(
      decoder, requests, generation, plain.results, drafted.results);
  timings.is_lossless = is_lossless(timings.differences, num_ids);
  timings.plain_processor_seconds = summarize(plain_times.processor).median;
  timings.drafted_processor_seconds = summarize(drafted_times.processor).median;
  timings.plain_steps = plain.sum(&GenerationResult::steps);
  timings.steps = drafted.sum(&GenerationResult::steps);
  timings.ids_drafted = drafted.sum(&GenerationResult::drafted);
  timings.ids_accepted = drafted.sum(&GenerationResult::accepted);
  const auto timing = [&](const std::string& what, std::vector<double> times) {
    return timing_of(
        what, std::move(times), num_ids, mode.name, config, loaded.placement);
  };
  timings.plain = timing("plain", plain_times.wall);
  timings.drafted = timing("drafted", drafted_times.wall);
  return timings;
}

std::string draft_report(const DraftTimings& timings) {
  std::string text = to_text(timing_table({timings.plain, timings.drafted}));
  text += concat(
      "drafted decoding is ",
      fixed(
          timings.drafted.tokens_per_second / timings.plain.tokens_per_second,
          2),
      " times as fast, with 1/",
      fixed(
          timings.plain_processor_seconds / timings.drafted_processor_seconds,
          2),
      " of the processor time: ",
      timings.steps,
      " steps instead of ",
      timings.plain_steps,
      ", ",
      timings.ids_drafted,
      " ids drafted, ",
      timings.ids_accepted,
      " accepted\n");
  for (const auto& difference : timings.differences) {
    text += to_text(difference);
  }
  return text;
}

} // namespace microfiche::generation
