#include "command.h"

#include "core/error.h"
#include "core/files.h"
#include "core/memory_use.h"
#include "core/random.h"
#include "core/table.h"
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
#include <memory>
#include <string>
#include <vector>

// B = pages at once, L = positions of a prompt, D = width of the decoder.

namespace microfiche::apps {
namespace {

struct BenchArguments {
  CommonArguments common;
  std::vector<std::string> what = {"encode", "prefill", "decode"};
  std::string mode;
  int64_t positions = 0;
  int64_t steps = 32;
  int64_t batch = 1;
  int64_t repeat = 5;
  std::string format = "table";
};

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
Json time_stage(
    const Stage& stage,
    const BenchArguments& arguments,
    const std::string& mode,
    const model::Placement& placement) {
  stage.run();
  wait_for(placement.device);
  model::reset_peak_memory(placement.device);
  std::vector<double> seconds;
  for (int64_t i = 0; i < arguments.repeat; ++i) {
    const auto start = std::chrono::steady_clock::now();
    stage.run();
    wait_for(placement.device);
    seconds.push_back(
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start)
            .count());
  }
  std::sort(seconds.begin(), seconds.end());
  const size_t middle = seconds.size() / 2;
  const double median = seconds.size() % 2 == 1
      ? seconds[middle]
      : (seconds[middle - 1] + seconds[middle]) / 2;
  return {
      {"what", stage.what},
      {"mode", mode},
      {"batch", arguments.batch},
      {"device", model::device_name(placement.device)},
      {"dtype", model::dtype_name(placement)},
      {"threads", at::get_num_threads()},
      {"seconds",
       {{"min", seconds.front()}, {"median", median}, {"max", seconds.back()}}},
      {"tokens_per_second", static_cast<double>(stage.tokens) / median},
      {"peak_memory_bytes", model::peak_memory_bytes(placement.device)}};
}

/// A page of noise with the shape of A4.
page::PageImage dummy_page(const page::ResolutionMode& mode, uint64_t seed) {
  // The shape of an A4 page.
  auto image = page::make_page(
      mode.base_size_px, mode.base_size_px * 7 / 5, page::Colour{});
  RandomStream random(seed, "bench page");
  for (auto& value : image.rgb) {
    value = static_cast<uint8_t>(random.bits());
  }
  return image;
}

void run_bench(const BenchArguments& arguments) {
  auto loaded = open_model(arguments.common);
  const auto mode = loaded.find_mode(arguments.mode);
  const std::vector<page::PageViews> pages(
      arguments.batch,
      page::make_views(dummy_page(mode, arguments.common.seed), mode));
  const torch::InferenceMode inference;
  auto& decoder = loaded.model->decoder;
  const auto counts = page::count_vision_tokens(
      mode,
      pages[0].page_width_px,
      pages[0].page_height_px,
      loaded.config.token_side_px());
  const int64_t positions =
      arguments.positions > 0 ? arguments.positions : counts.positions + 1;

  torch::manual_seed(static_cast<int64_t>(arguments.common.seed));
  const auto embeds = torch::randn(
      {arguments.batch, positions, loaded.config.language.hidden_size},
      loaded.model->tensor_options());
  auto cache =
      decoder->make_cache(arguments.batch, positions + arguments.steps);
  generation::DecodeStep decode_step(decoder);
  const std::vector<Stage> stages = {
      {"encode",
       arguments.batch * counts.nominal,
       [&] { loaded.model->encode(pages, mode); }},
      {"prefill",
       arguments.batch * positions,
       [&] {
         cache.truncate(0);
         const auto hidden = decoder->forward(embeds, &cache);
         decoder->logits(hidden.select(1, positions - 1));
       }},
      {"decode",
       arguments.batch * arguments.steps,
       [&] {
         if (cache.max_length() < positions) {
           decoder->forward(embeds, &cache);
         }
         cache.truncate(positions);
         auto ids = torch::zeros(
             {arguments.batch, 1},
             torch::TensorOptions(torch::kInt64).device(embeds.device()));
         for (int64_t step = 0; step < arguments.steps; ++step) {
           ids = decode_step.logits(ids, cache).argmax(1, true);
         }
       }},
  };

  Json results = Json::array();
  for (const auto& stage : stages) {
    if (std::find(arguments.what.begin(), arguments.what.end(), stage.what) !=
        arguments.what.end()) {
      say("timing " + stage.what);
      const auto reason = decode_step.unsupported_reason(cache);
      if (stage.what == "decode" && reason) {
        say("decoding layer by layer, because " + *reason);
      }
      results.push_back(
          time_stage(stage, arguments, mode.name, loaded.placement));
    }
  }
  if (arguments.format == "json") {
    write_file("-", results.dump(2) + "\n");
    return;
  }
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
      "peak memory"};
  for (const auto& result : results) {
    const auto& seconds = result["seconds"];
    table.rows.push_back(
        {result["what"],
         result["mode"],
         std::to_string(arguments.batch),
         result["dtype"],
         std::to_string(result["threads"].get<int64_t>()),
         fixed(seconds["min"], 4),
         fixed(seconds["median"], 4),
         fixed(seconds["max"], 4),
         fixed(result["tokens_per_second"], 1),
         bytes_text(result["peak_memory_bytes"])});
  }
  write_file("-", to_text(table));
}

} // namespace

void add_bench(CLI::App& app) {
  auto arguments = std::make_shared<BenchArguments>();
  auto* command = app.add_subcommand(
      "bench",
      "microfiche bench --what encode --mode base --threads 1\n\n"
      "Times the stages of the model on this machine with dummy pages. Tokens "
      "are vision tokens in encode, positions in prefill, ids in decode.");
  command->add_option("--what", arguments->what, "encode, prefill, decode")
      ->delimiter(',')
      ->check(CLI::IsMember({"encode", "prefill", "decode"}))
      ->capture_default_str();
  add_mode_option(*command, arguments->mode);
  command
      ->add_option(
          "--positions",
          arguments->positions,
          "Length of the prompt; default: one page")
      ->check(CLI::PositiveNumber);
  command->add_option("--steps", arguments->steps, "Ids to decode per run")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command->add_option("--batch", arguments->batch, "Pages at the same time")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command->add_option("--repeat", arguments->repeat, "Timed runs")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command->add_option("--format", arguments->format, "table or json")
      ->check(CLI::IsMember({"table", "json"}))
      ->capture_default_str();
  add_model_options(*command, arguments->common);
  add_seed_option(*command, arguments->common);
  add_quiet_option(*command, arguments->common);
  command->callback([arguments] { run_bench(*arguments); });
}

} // namespace microfiche::apps
