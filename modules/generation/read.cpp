#include "generation/read.h"

#include "model/prompt.h"
#include "tokenizer/text_stream.h"

#include <chrono>
#include <map>
#include <utility>

namespace microfiche::generation {

namespace {

SearchInput make_search_input(
    model::LoadedModel& loaded,
    const model::VisionTokens& page,
    const std::string& prompt) {
  const torch::InferenceMode inference;
  auto assembled = model::assemble_prompt(
      loaded.tokenizer(),
      prompt.empty() ? loaded.config.toolkit.default_prompt : prompt,
      page.sequence.size(0),
      loaded.config.language.bos_token_id);
  auto embeds = loaded.model->embed(assembled, page.sequence);
  return {std::move(embeds), std::move(assembled.ids)};
}

} // namespace

std::vector<SearchInput> make_search_inputs(
    model::LoadedModel& loaded,
    std::span<const model::VisionTokens> pages,
    const std::string& prompt) {
  std::vector<SearchInput> inputs;
  for (const auto& page : pages) {
    inputs.push_back(make_search_input(loaded, page, prompt));
  }
  return inputs;
}

void read_vision_tokens(
    model::LoadedModel& loaded,
    const ReadCallbacks& callbacks,
    const ReadOptions& options,
    int64_t max_rows) {
  std::map<int64_t, tokenizer::TextStream> streams;
  SearchCallbacks pages;
  pages.next = [&]() -> std::optional<SearchInput> {
    const auto page = callbacks.next();
    if (!page) {
      return std::nullopt;
    }
    auto input = make_search_input(loaded, page->tokens, options.prompt);
    input.page = page->page;
    return input;
  };
  if (callbacks.on_text) {
    pages.on_id = [&](int64_t page, int64_t id) {
      auto& stream =
          streams.try_emplace(page, loaded.tokenizer()).first->second;
      const std::string text = stream.push(id);
      if (!text.empty()) {
        callbacks.on_text(page, text);
      }
    };
  }
  pages.on_answer = [&](int64_t page, Answer answer) {
    if (auto stream = streams.extract(page)) {
      const std::string rest = stream.mapped().finish();
      if (!rest.empty()) {
        callbacks.on_text(page, rest);
      }
    }
    Reading reading;
    reading.text = loaded.tokenizer().decode(answer.ids);
    reading.ids = std::move(answer.ids);
    reading.stop = answer.stop;
    reading.prefill_seconds = answer.prefill_seconds;
    reading.decode_seconds = answer.decode_seconds;
    callbacks.on_reading(page, std::move(reading));
  };
  pages.on_failure = callbacks.on_failure;
  search(
      loaded.model->decoder,
      pages,
      options.generation,
      loaded.config.language.eos_token_id,
      max_rows);
}

std::vector<Reading> read_vision_tokens(
    model::LoadedModel& loaded,
    std::span<const model::VisionTokens> pages,
    const ReadOptions& options,
    int64_t first_page) {
  std::vector<Reading> readings(pages.size());
  size_t begun = 0;
  ReadCallbacks callbacks;
  callbacks.next = [&]() -> std::optional<NumberedTokens> {
    if (begun == pages.size()) {
      return std::nullopt;
    }
    const size_t i = begun++;
    return NumberedTokens{first_page + static_cast<int64_t>(i), pages[i]};
  };
  callbacks.on_reading = [&](int64_t page, Reading reading) {
    readings[page - first_page] = std::move(reading);
  };
  if (!pages.empty()) {
    read_vision_tokens(
        loaded, callbacks, options, static_cast<int64_t>(pages.size()));
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
