#include "experiments/runner/model_reader.h"

#include <torch/torch.h>

#include <chrono>

#include "generation/diagnostics.h"
#include "generation/read.h"
#include "page/page_views.h"

namespace microfiche::experiments {
namespace {

BatchReading read_batch(
    model::LoadedModel& loaded,
    const generation::ReadOptions& options,
    const BatchRequest& request) {
  const torch::InferenceMode inference;
  std::vector<page::PageViews> views;
  for (const auto& image : request.pages) {
    views.push_back(page::make_views(image, request.mode));
  }
  const auto start = std::chrono::steady_clock::now();
  const auto tokens = loaded.model->encode(views, request.mode);
  const std::chrono::duration<double> encode_time =
      std::chrono::steady_clock::now() - start;

  BatchReading batch;
  batch.encode_seconds = encode_time.count();
  auto readings = generation::read_vision_tokens(
      loaded, tokens, options, static_cast<int64_t>(request.first_page));
  for (auto& reading : readings) {
    batch.prefill_seconds += reading.prefill_seconds;
    batch.decode_seconds += reading.decode_seconds;
    batch.pages.push_back(
        {std::move(reading.text),
         Json(reading.stop).get<std::string>(),
         std::nullopt});
  }
  if (!request.references.empty()) {
    std::vector<std::vector<int64_t>> targets;
    for (const auto& reference : request.references) {
      targets.push_back(loaded.tokenizer().encode(reference));
    }
    const auto likelihoods = generation::log_likelihoods(
        loaded.model->decoder,
        generation::make_search_inputs(loaded, tokens, options.prompt),
        targets);
    for (size_t i = 0; i < likelihoods.size(); ++i) {
      batch.pages[i].log_likelihood = likelihoods[i];
    }
  }
  return batch;
}

} // namespace

PageReader make_model_reader(
    model::LoadedModel& loaded,
    const std::string& prompt,
    const generation::GenerationConfig& generation) {
  generation::ReadOptions options;
  options.prompt = prompt;
  options.generation = generation;

  PageReader reader;
  reader.read = [&loaded, options](const BatchRequest& request) {
    return read_batch(loaded, options, request);
  };
  reader.find_mode = [&loaded](const std::string& name) {
    return loaded.find_mode(name);
  };
  reader.count_text_tokens = [&loaded](std::string_view text) {
    return static_cast<int64_t>(loaded.tokenizer().encode(text).size());
  };
  reader.token_side_px = loaded.config.token_side_px();
  reader.provenance = loaded.provenance();
  return reader;
}

} // namespace microfiche::experiments
