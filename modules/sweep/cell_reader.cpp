#include "sweep/cell_reader.h"

#include <algorithm>

#include "core/error.h"
#include "document/grounding.h"
#include "conditions/tokens/token_condition.h"
#include "metrics/code_points.h"
#include "page/vision_token_order.h"

namespace microfiche::sweep {
namespace {

/// A reading as the Markdown that benchmarks score, where the model wrote boxes
/// (see Note [Grounded text]); any other as it is.
std::string without_markup(
    const std::string& text,
    const page::PageImage& image) {
  if (text.find("<|ref|>") == std::string::npos) {
    return text;
  }
  return document::to_markdown(
      document::parse_grounding(text, image.width, image.height),
      [](int64_t number) { return concat("images/", number, ".jpg"); });
}

/// What is written must be UTF-8, whatever bytes a model emits.
std::string valid_utf8(const std::string& text) {
  return metrics::encode_utf8(metrics::decode_utf8(text).text);
}

} // namespace

page::ResolutionMode find_sweep_mode(
    const SweepConfig& config,
    const PageReader& reader,
    const std::string& name) {
  const auto own = std::find_if(
      config.own_modes.begin(), config.own_modes.end(), [&](const auto& mode) {
        return mode.name == name;
      });
  return own == config.own_modes.end() ? reader.find_mode(name) : *own;
}

CellReader::CellReader(
    const SweepConfig& config,
    const FindReader& find_reader,
    const std::function<int64_t(std::string_view)>& counter)
    : config_(config),
      find_reader_(find_reader),
      profile_(metrics::find_profile(config.profile)),
      source_(config, counter),
      cells_(cells_of(config)) {}

int64_t CellReader::num_pages() const {
  int64_t pages = 0;
  for (const auto& cell : cells_) {
    pages += num_pages(cell);
  }
  return pages;
}

std::vector<ReadPage> CellReader::read_batch(size_t cell_number, int64_t first)
    const {
  const auto& cell = cells_[cell_number];
  const auto end = std::min(first + config_.batch_pages, num_pages(cell));
  const auto& reader = find_reader_(cell);
  const auto mode = find_sweep_mode(config_, reader, cell.mode);
  const auto counts = page::count_vision_tokens(
      mode, mode.base_size_px, mode.base_size_px, reader.token_side_px);
  std::vector<SweepPage> pages;
  for (int64_t page = first; page < end; ++page) {
    pages.push_back(source_.make(cell, page, mode, counts.nominal));
  }
  auto request = request_for(cell, mode);
  request.first_page = cell_number * config_.pages_per_cell + first;
  request.first_page_of_cell = first;
  std::vector<page::PageImage> images;
  for (const auto& page : pages) {
    images.push_back(page.image);
    request.texts.push_back(page.reference);
    if (config_.log_likelihood) {
      request.references.push_back(page.reference);
    }
  }
  request.pages = images;
  const auto others = other_pages(cell, mode, first, end, counts.nominal);
  request.other_pages = others;
  const auto batch = reader.read(request);

  std::vector<ReadPage> read;
  for (size_t i = 0; i < pages.size(); ++i) {
    auto sample = score(reader, cell, mode, pages[i], batch, i);
    sample.page = first + static_cast<int64_t>(i);
    sample.id = id_of(cell, sample.page);
    read.push_back(
        {std::move(sample), std::move(pages[i].image), pages[i].cut});
  }
  return read;
}

BatchRequest CellReader::request_for(
    const Cell& cell,
    const page::ResolutionMode& mode) const {
  BatchRequest request{{}, mode};
  request.prompt =
      cell.prompt ? config_.prompts.at(*cell.prompt) : config_.prompt;
  request.generation =
      cell.decoding ? config_.decodings.at(*cell.decoding) : config_.generation;
  request.token_conditions = cell.tokens.value_or(conditions::kNoCondition);
  request.seed = cell.seed.value_or(config_.seed);
  return request;
}

/// The page after each of [first, end), where a token condition takes one.
std::vector<page::PageImage> CellReader::other_pages(
    const Cell& cell,
    const page::ResolutionMode& mode,
    int64_t first,
    int64_t end,
    int64_t vision_tokens) const {
  const auto conditions = conditions::find_conditions(
      conditions::token_conditions(), cell.tokens.value_or(conditions::kNoCondition), name_of(cell));
  std::vector<page::PageImage> others;
  if (std::any_of(conditions.begin(), conditions.end(), [](auto& condition) {
        return condition.entry->needs_other_page;
      })) {
    for (int64_t page = first; page < end; ++page) {
      const auto next = (page + 1) % source_.num_pages(cell);
      others.push_back(source_.make(cell, next, mode, vision_tokens).image);
    }
  }
  return others;
}

Sample CellReader::score(
    const PageReader& reader,
    const Cell& cell,
    const page::ResolutionMode& mode,
    const SweepPage& page,
    const BatchReading& batch,
    size_t index) const {
  const auto& reading = batch.pages[index];
  const auto share = 1.0 / static_cast<double>(batch.pages.size());
  Sample sample;
  sample.cell = cell;
  sample.mode = cell.mode;
  sample.text_tokens = page.text_tokens;
  sample.model_text_tokens = reader.count_text_tokens(page.reference);
  sample.characters = page.characters;
  sample.font = page.font;
  sample.font_size_px = page.font_size_px;
  sample.reference = page.reference;
  const auto text = without_markup(reading.text, page.image);
  sample.prediction = valid_utf8(text);
  sample.metrics = metrics::score_page(page.reference, text, profile_);
  sample.stop = reading.stop;
  sample.seconds = {
      page.render_seconds,
      batch.encode_seconds * share,
      batch.prefill_seconds * share,
      batch.decode_seconds * share};
  sample.vision_tokens =
      reading.vision_tokens.value_or(page::count_vision_tokens(
          mode, page.image.width, page.image.height, reader.token_side_px));
  sample.new_tokens = reading.new_tokens;
  sample.kv_cache_bytes = {
      sample.vision_tokens.positions * reader.kv_cache_bytes_per_position,
      sample.model_text_tokens * reader.kv_cache_bytes_per_position};
  sample.peak_memory_bytes = batch.peak_memory_bytes;
  sample.collected = page.collected;
  if (!page.altered_words.empty()) {
    sample.altered_words = page.altered_words;
  }
  sample.log_likelihood = reading.log_likelihood;
  sample.log_likelihood_without_page = reading.log_likelihood_without_page;
  sample.confidence = reading.confidence;
  return sample;
}

BlankReading CellReader::read_blank(const Cell& cell) const {
  const auto& reader = find_reader_(cell);
  const auto mode = find_sweep_mode(config_, reader, cell.mode);
  const std::vector<page::PageImage> images = {source_.blank(cell.style, mode)};
  auto request = request_for(untouched(cell), mode);
  request.first_page = num_pages();
  request.pages = images;
  const auto batch = reader.read(request);
  const auto& reading = batch.pages.front();
  return {
      cell.mode,
      cell.style,
      valid_utf8(reading.text),
      reading.stop,
      cell.model,
      cell.dtype,
      cell.prompt,
      cell.decoding};
}

} // namespace microfiche::sweep
