#include "generation/speed_summary.h"

#include "core/error.h"
#include "core/memory_use.h"
#include "core/terminal.h"
#include "kernels/read_bandwidth.h"

#include <torch/torch.h>

#include <algorithm>
#include <filesystem>

namespace microfiche::generation {
namespace {

int64_t num_bytes(const torch::nn::Module& module) {
  int64_t bytes = 0;
  for (const auto& weights : {module.parameters(), module.buffers()}) {
    for (const auto& tensor : weights) {
      bytes += static_cast<int64_t>(tensor.nbytes());
    }
  }
  return bytes;
}

} // namespace

int64_t SpeedSummary::peak_memory_bytes() const {
  return std::max(
      {encode.peak_memory_bytes,
       prefill.peak_memory_bytes,
       decode.peak_memory_bytes,
       drafts.plain.peak_memory_bytes});
}

double SpeedSummary::decode_bytes_per_second() const {
  return static_cast<double>(weight_bytes_per_id) * decode.tokens_per_second;
}

int64_t weight_bytes_per_id(const decoder::DecoderImpl& decoder) {
  const auto& options = decoder.options;
  int64_t bytes = num_bytes(decoder) - num_bytes(*decoder.token_embedding);
  for (const auto& module : *decoder.layers) {
    const auto& layer = *module->as<decoder::DecoderLayer>();
    if (layer.dense.is_empty()) {
      const int64_t experts = num_bytes(*layer.moe->experts);
      bytes -= experts - experts / options.num_experts() * options.top_k();
    }
  }
  return bytes;
}

SpeedSummary summarize_speed(
    model::LoadedModel& loaded,
    const page::ResolutionMode& mode,
    const BenchmarkConfig& config,
    const DraftBenchmarkConfig& draft) {
  TORCH_CHECK_VALUE(
      config.batch == 1,
      "summarize_speed: expected one page at a time, got ",
      config.batch);
  auto stages = config;
  stages.what = {"encode", "prefill", "decode"};
  const auto timings = time_stages(loaded, mode, stages);
  SpeedSummary summary;
  summary.model =
      std::filesystem::weakly_canonical(loaded.folder).filename().string();
  summary.encode = timings[0];
  summary.prefill = timings[1];
  summary.decode = timings[2];
  summary.drafts = time_drafts(loaded, mode, config, draft);
  summary.weight_bytes_per_id = weight_bytes_per_id(*loaded.model->decoder);
  say("measuring how fast the memory is read");
  summary.memory_bytes_per_second =
      kernels::read_bandwidth(loaded.placement.device);
  return summary;
}

Table speed_table(const SpeedSummary& summary) {
  const double rate = summary.decode_bytes_per_second();
  Table table;
  table.header = {
      "model",
      "mode",
      "dtype",
      "threads",
      "encode, s/page",
      "prefill, tokens/s",
      "decode, tokens/s",
      "drafted decode, tokens/s",
      "memory",
      "decode reads, GB/s",
      "of the memory's GB/s"};
  table.rows = {
      {summary.model,
       summary.decode.mode,
       summary.decode.device == "cpu"
           ? summary.decode.dtype
           : concat(summary.decode.dtype, ", ", summary.decode.device),
       std::to_string(summary.decode.threads),
       fixed(summary.encode.seconds.median, 3),
       fixed(summary.prefill.tokens_per_second, 1),
       fixed(summary.decode.tokens_per_second, 1),
       fixed(summary.drafts.drafted.tokens_per_second, 1),
       bytes_text(summary.peak_memory_bytes()),
       fixed(1e-9 * rate, 1),
       concat(
           fixed(100 * rate / summary.memory_bytes_per_second, 0),
           " % of ",
           fixed(1e-9 * summary.memory_bytes_per_second, 1))}};
  return table;
}

} // namespace microfiche::generation
