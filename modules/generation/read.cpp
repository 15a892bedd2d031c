#include "generation/read.h"

#include "generation/model_defaults.h"
#include "model/prompt.h"
#include "tokenizer/text_stream.h"

#include <chrono>
#include <map>
#include <utility>

namespace microfiche::generation {

namespace {

GenerationRequest make_generation_request(
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

std::vector<GenerationRequest> make_generation_requests(
    model::LoadedModel& loaded,
    std::span<const model::VisionTokens> pages,
    const std::string& prompt) {
  std::vector<GenerationRequest> requests;
  for (const auto& page : pages) {
    requests.push_back(make_generation_request(loaded, page, prompt));
  }
  return requests;
}

void read_vision_tokens(
    model::LoadedModel& loaded,
    const ReadCallbacks& callbacks,
    const ReadConfig& config,
    int64_t max_rows) {
  std::map<int64_t, tokenizer::TextStream> streams;
  GenerationCallbacks pages;
  pages.next = [&]() -> std::optional<GenerationRequest> {
    const auto page = callbacks.next();
    if (!page) {
      return std::nullopt;
    }
    auto request = make_generation_request(
        loaded,
        page->tokens,
        page->prompt.empty() ? config.prompt : page->prompt);
    request.page = page->page;
    request.draft = page->draft;
    return request;
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
  pages.on_result = [&](int64_t page, GenerationResult result) {
    if (auto stream = streams.extract(page)) {
      const std::string rest = stream.mapped().finish();
      if (!rest.empty()) {
        callbacks.on_text(page, rest);
      }
    }
    Reading reading;
    reading.text = loaded.tokenizer().decode(result.ids);
    reading.ids = std::move(result.ids);
    reading.stop = result.stop;
    reading.prefill_seconds = result.prefill_seconds;
    reading.decode_seconds = result.decode_seconds;
    reading.steps = result.steps;
    reading.drafted = result.drafted;
    reading.accepted = result.accepted;
    callbacks.on_reading(page, std::move(reading));
  };
  pages.on_failure = callbacks.on_failure;
  generate(
      loaded.model->decoder,
      pages,
      for_model(config.generation, loaded),
      loaded.config.language.eos_token_id,
      max_rows);
}

std::vector<Reading> read_vision_tokens(
    model::LoadedModel& loaded,
    std::span<const model::VisionTokens> pages,
    const ReadConfig& config,
    int64_t first_page,
    std::span<const std::string> prompts,
    std::span<const std::shared_ptr<const Draft>> drafts) {
  TORCH_CHECK_VALUE(
      prompts.empty() || prompts.size() == pages.size(),
      "read_vision_tokens: expected one prompt per page, got ",
      prompts.size(),
      " for ",
      pages.size(),
      " pages");
  TORCH_CHECK_VALUE(
      drafts.empty() || drafts.size() == pages.size(),
      "read_vision_tokens: expected one draft per page, got ",
      drafts.size(),
      " for ",
      pages.size(),
      " pages");
  std::vector<Reading> readings(pages.size());
  size_t num_started = 0;
  ReadCallbacks callbacks;
  callbacks.next = [&]() -> std::optional<NumberedTokens> {
    if (num_started == pages.size()) {
      return std::nullopt;
    }
    const size_t i = num_started++;
    return NumberedTokens{
        first_page + static_cast<int64_t>(i),
        pages[i],
        prompts.empty() ? std::string() : prompts[i],
        drafts.empty() ? nullptr : drafts[i]};
  };
  callbacks.on_reading = [&](int64_t page, Reading reading) {
    readings[page - first_page] = std::move(reading);
  };
  if (!pages.empty()) {
    read_vision_tokens(
        loaded, callbacks, config, static_cast<int64_t>(pages.size()));
  }
  return readings;
}

std::shared_ptr<const Draft> make_draft(
    const tokenizer::Tokenizer& tokenizer,
    std::span<const std::string> texts) {
  std::vector<std::vector<int64_t>> ids;
  for (const auto& text : texts) {
    ids.push_back(tokenizer.encode(text));
  }
  return std::make_shared<const Draft>(ids);
}

std::vector<Reading> read_pages(
    model::LoadedModel& loaded,
    std::span<const page::PageViews> pages,
    const page::ResolutionMode& mode,
    const ReadConfig& config) {
  const auto start = std::chrono::steady_clock::now();
  std::vector<model::VisionTokens> tokens;
  {
    const torch::InferenceMode inference;
    tokens = loaded.model->encode(pages, mode);
  }
  const std::chrono::duration<double> encode_seconds =
      std::chrono::steady_clock::now() - start;
  auto readings = read_vision_tokens(loaded, tokens, config);
  for (auto& reading : readings) {
    reading.encode_seconds =
        encode_seconds.count() / static_cast<double>(pages.size());
  }
  return readings;
}

} // namespace microfiche::generation
