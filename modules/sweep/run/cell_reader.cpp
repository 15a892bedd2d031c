#include "sweep/run/cell_reader.h"

#include <algorithm>
#include <map>
#include <utility>

#include "conditions/text/text_condition.h"
#include "conditions/tokens/token_condition.h"
#include "core/error.h"
#include "core/utf8.h"
#include "document/grounding.h"
#include "page/vision_token_order.h"
#include "sweep/run/page_checks.h"
#include "sweep/sweep_cells.h"

namespace microfiche::sweep {
namespace {

/// A reading with boxes (see Note [Grounded text]) as the Markdown that
/// benchmarks score; any other reading unchanged.
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

/// A model may emit bytes that are not UTF-8; JSON must have UTF-8.
std::string valid_utf8(const std::string& text) {
  return encode_utf8(decode_utf8(text).text);
}

} // namespace

page::ResolutionMode find_sweep_mode(
    const SweepConfig& config,
    const BatchReader& reader,
    const std::string& name) {
  const auto own = std::find_if(
      config.own_modes.begin(), config.own_modes.end(), [&](const auto& mode) {
        return mode.name == name;
      });
  return own == config.own_modes.end() ? reader.find_mode(name)
                                       : reader.adapt_mode(*own);
}

CellReader::CellReader(
    const SweepConfig& config,
    const FindReader& find_reader,
    const std::function<int64_t(std::string_view)>& counter)
    : config_(config),
      find_reader_(find_reader),
      profile_(metrics::find_profile(config.profile)),
      source_(config, counter),
      cells_(cells_of(config)) {
  // Modes depend on the model alone, so that models are opened once more and
  // not once for each cell.
  std::map<std::pair<std::string, std::string>, int64_t> counts;
  check_pages(source_, cells_, [&](const Cell& cell) {
    const auto key = std::pair(cell.model.value_or(""), cell.mode);
    if (!counts.contains(key)) {
      const auto& reader = find_reader_(cell);
      counts[key] = page::count_nominal_tokens(
          find_sweep_mode(config_, reader, cell.mode),
          reader.pixels_per_token());
    }
    return counts[key];
  });
  // Text gives as many pages as requested; a collection may have none.
  check(
      num_pages() > 0,
      "text_token_bins: no page of the collection has a text of such a length; "
      "choose bins that its pages fall into");
}

int64_t CellReader::num_pages() const {
  int64_t pages = 0;
  for (const auto& cell : cells_) {
    pages += num_pages(cell);
  }
  return pages;
}

std::vector<Sample> CellReader::read_batch(size_t cell_number, int64_t first)
    const {
  const auto& cell = cells_[cell_number];
  const auto end = std::min(first + config_.batch_pages, num_pages(cell));
  auto& reader = find_reader_(cell);
  const auto mode = find_sweep_mode(config_, reader, cell.mode);
  std::vector<Sample> samples;
  std::vector<page::PageImage> images;
  auto request = make_request(cell, mode);
  request.first_page = cell_number * config_.pages_per_cell + first;
  request.first_page_of_cell = first;
  for (int64_t page = first; page < end; ++page) {
    Sample sample;
    sample.id = id_of(cell, page);
    sample.cell = cell;
    sample.index = page;
    sample.page = source_.make(cell, page, mode, reader.pixels_per_token());
    images.push_back(sample.page.image);
    // After a question the reference is the answer, which no reader may see.
    const auto& question = sample.page.question;
    request.references.push_back(
        question ? question->text : sample.page.reference);
    if (question) {
      request.questions.push_back(*question);
    }
    samples.push_back(std::move(sample));
  }
  request.pages = images;
  const auto others =
      other_pages(cell, mode, first, end, reader.pixels_per_token());
  request.other_pages = others;
  auto batch = reader.read(request);

  const auto share = 1.0 / static_cast<double>(batch.pages.size());
  const auto position_bytes = reader.kv_cache_bytes_per_position();
  for (size_t i = 0; i < samples.size(); ++i) {
    auto& sample = samples[i];
    auto& reading = sample.reading;
    reading = std::move(batch.pages[i]);
    const auto text = without_markup(reading.text, sample.page.image);
    sample.metrics = metrics::score_page(sample.page.reference, text, profile_);
    reading.text = valid_utf8(text);
    sample.model_text_tokens = reader.count_text_tokens(sample.page.reference);
    sample.seconds = {
        sample.page.render_seconds,
        batch.encode_seconds * share,
        batch.prefill_seconds * share,
        batch.decode_seconds * share};
    sample.kv_cache_bytes = {
        reading.vision_tokens.positions * position_bytes,
        sample.model_text_tokens * position_bytes};
    sample.peak_memory_bytes = batch.peak_memory_bytes;
  }
  return samples;
}

BatchRequest CellReader::make_request(
    const Cell& cell,
    const page::ResolutionMode& mode) const {
  BatchRequest request{{}, mode};
  request.prompt =
      cell.prompt ? config_.prompts.at(*cell.prompt) : config_.prompt;
  request.generation =
      cell.decoding ? config_.decodings.at(*cell.decoding) : config_.generation;
  request.token_conditions =
      cell.token_condition.value_or(conditions::kNoCondition);
  request.log_likelihood = config_.log_likelihood;
  request.draft_references = config_.draft == "reference";
  request.seed = cell.seed.value_or(config_.seed);
  return request;
}

/// The page after each of [first, end) if a token condition needs one.
std::vector<page::PageImage> CellReader::other_pages(
    const Cell& cell,
    const page::ResolutionMode& mode,
    int64_t first,
    int64_t end,
    int64_t pixels_per_token) const {
  const auto conditions = conditions::find_conditions(
      conditions::token_conditions(),
      cell.token_condition.value_or(conditions::kNoCondition),
      name_of(cell));
  std::vector<page::PageImage> others;
  if (std::any_of(conditions.begin(), conditions.end(), [](auto& condition) {
        return condition.entry->needs_other_page;
      })) {
    for (int64_t page = first; page < end; ++page) {
      const auto next = (page + 1) % source_.num_pages(cell);
      others.push_back(source_.make(cell, next, mode, pixels_per_token).image);
    }
  }
  return others;
}

BlankReading CellReader::read_blank(const Cell& cell) const {
  auto& reader = find_reader_(cell);
  const auto mode = find_sweep_mode(config_, reader, cell.mode);
  const std::vector<page::PageImage> images = {source_.blank(cell.style, mode)};
  auto request = make_request(without_conditions(cell), mode);
  request.first_page = num_pages();
  request.log_likelihood = false;
  request.pages = images;
  const auto batch = reader.read(request);
  auto blank = blank_of(cell);
  blank.prediction = valid_utf8(batch.pages.front().text);
  blank.stop = batch.pages.front().stop;
  return blank;
}

} // namespace microfiche::sweep
