#include "generation/read.h"

#include "model/prompt.h"
#include "tokenizer/text_stream.h"

#include <chrono>

namespace microfiche::generation {

std::vector<SearchInput> make_search_inputs(
    model::LoadedModel& loaded,
    std::span<const model::VisionTokens> pages,
    const std::string& prompt) {
  const torch::InferenceMode inference;
  std::vector<SearchInput> inputs;
  for (const auto& page : pages) {
    auto assembled = model::assemble_prompt(
        loaded.tokenizer(),
        prompt.empty() ? loaded.config.toolkit.default_prompt : prompt,
        page.sequence.size(0),
        loaded.config.language.bos_token_id);
    auto embeds = loaded.model->embed(assembled, page.sequence);
    inputs.push_back({std::move(embeds), std::move(assembled.ids)});
  }
  return inputs;
}

std::vector<Reading> read_vision_tokens(
    model::LoadedModel& loaded,
    std::span<const model::VisionTokens> pages,
    const ReadOptions& options) {
  const auto inputs = make_search_inputs(loaded, pages, options.prompt);
  IdCallback on_id;
  std::vector<tokenizer::TextStream> streams;
  if (options.on_text) {
    streams.assign(pages.size(), tokenizer::TextStream(loaded.tokenizer()));
    on_id = [&](int64_t row, int64_t id) {
      const std::string text = streams[row].push(id);
      if (!text.empty()) {
        options.on_text(row, text);
      }
    };
  }
  auto result = search(
      loaded.model->decoder,
      inputs,
      options.generation,
      loaded.config.language.eos_token_id,
      on_id,
      options.first_row);

  // Each answer has its part of the steps; the end token took one too.
  double steps = 0.0;
  for (const auto& answer : result.answers) {
    steps += static_cast<double>(answer.ids.size() + 1);
  }
  std::vector<Reading> readings;
  for (auto& answer : result.answers) {
    Reading reading;
    reading.text = loaded.tokenizer().decode(answer.ids);
    reading.stop = answer.stop;
    reading.prefill_seconds =
        result.prefill_seconds / static_cast<double>(pages.size());
    reading.decode_seconds = result.decode_seconds *
        static_cast<double>(answer.ids.size() + 1) / steps;
    reading.ids = std::move(answer.ids);
    readings.push_back(std::move(reading));
  }
  for (size_t row = 0; row < streams.size(); ++row) {
    const std::string rest = streams[row].finish();
    if (!rest.empty()) {
      options.on_text(static_cast<int64_t>(row), rest);
    }
  }
  return readings;
}

std::vector<Reading> read_pages(
    model::LoadedModel& loaded,
    std::span<const page::PageViews> pages,
    const page::ResolutionMode& mode,
    const ReadOptions& options) {
  const auto start = std::chrono::steady_clock::now();
  std::vector<model::VisionTokens> tokens;
  {
    const torch::InferenceMode inference;
    tokens = loaded.model->encode(pages, mode);
  }
  const std::chrono::duration<double> encode_seconds =
      std::chrono::steady_clock::now() - start;
  auto readings = read_vision_tokens(loaded, tokens, options);
  for (auto& reading : readings) {
    reading.encode_seconds =
        encode_seconds.count() / static_cast<double>(pages.size());
  }
  return readings;
}

} // namespace microfiche::generation
