#pragma once

#include <optional>
#include <string>

#include "core/json.h"
#include "metrics/score.h"
#include "sweep/cell.h"
#include "sweep/page_reading.h"
#include "sweep/sweep_page.h"

namespace microfiche::sweep {

/// Wall time of a page; the time of a batch is shared evenly by its pages.
struct StageSeconds {
  double render = 0;
  double encode = 0;
  double prefill = 0;
  double decode = 0;
};

template <typename Visitor>
void visit_fields(Visitor&& visit, StageSeconds& seconds) {
  visit("render", seconds.render);
  visit("encode", seconds.encode);
  visit("prefill", seconds.prefill);
  visit("decode", seconds.decode);
}

/// Size of a page in the decoder's KV cache, and the size that the same text
/// would have as text tokens of the model's own vocabulary.
struct KvCacheBytes {
  int64_t page = 0;
  int64_t text = 0;
};

template <typename Visitor>
void visit_fields(Visitor&& visit, KvCacheBytes& bytes) {
  visit("page", bytes.page);
  visit("text", bytes.text);
}

/// One page that was read and scored: a line of samples.jsonl.
struct Sample {
  /// The cell's name and `index`.
  std::string id;
  Cell cell;

  /// The page's number in its cell.
  int64_t index = 0;

  SweepPage page;
  PageReading reading;
  metrics::PageScores metrics;

  /// Tokens of the reference in the model's own vocabulary.
  int64_t model_text_tokens = 0;
  StageSeconds seconds;
  KvCacheBytes kv_cache_bytes;

  /// Of the batch; see `BatchReading`.
  int64_t peak_memory_bytes = 0;
};

/// The fields of a line of samples.jsonl, in their order.
template <typename Visitor>
void visit_fields(Visitor&& visit, Sample& sample) {
  auto& page = sample.page;
  auto& reading = sample.reading;
  visit("id", sample.id);
  visit("cell", sample.cell);
  visit("page", sample.index);
  visit("mode", sample.cell.mode);
  visit("text_tokens", page.text_tokens);
  visit("model_text_tokens", sample.model_text_tokens);
  visit("characters", page.characters);
  visit("vision_tokens", reading.vision_tokens);
  visit("font", page.font);
  visit("font_size_px", page.font_size_px);
  visit("reference", page.reference);
  visit("prediction", reading.text);
  visit("metrics", sample.metrics);
  visit("stop", reading.stop);
  visit("seconds", sample.seconds);
  visit("new_tokens", reading.new_tokens);
  visit("kv_cache_bytes", sample.kv_cache_bytes);
  visit("peak_memory_bytes", sample.peak_memory_bytes);
  visit("collected", page.image_name);
  visit("altered_words", page.altered_words);
  visit("question", page.question);
  visit("log_likelihood", reading.log_likelihood);
  visit("log_likelihood_without_page", reading.log_likelihood_without_page);
  visit("confidence", reading.confidence);
  visit("draft", reading.draft);
}

/// Throws `InputError`, which `where` starts, for a line without an id or a
/// text length.
void validate(const Sample& sample, const std::string& where);

/// The line of samples.jsonl. Absent values have no key.
Json to_json(const Sample& sample);

/// Removes the fields of an object that are null.
void erase_nulls(Json& object);

/// What was read from an empty page: a line of controls.jsonl.
struct BlankReading {
  std::string mode;
  std::string style;
  std::string prediction;
  std::string stop;

  /// As in the cells that it belongs to.
  std::optional<std::string> model = std::nullopt;
  std::optional<std::string> dtype = std::nullopt;
  std::optional<int64_t> window = std::nullopt;
  std::optional<std::string> prompt = std::nullopt;
  std::optional<std::string> decoding = std::nullopt;
  std::optional<std::string> reader = std::nullopt;
};

template <typename Visitor>
void visit_fields(Visitor&& visit, BlankReading& blank) {
  visit("mode", blank.mode);
  visit("style", blank.style);
  visit("prediction", blank.prediction);
  visit("stop", blank.stop);
  visit("model", blank.model);
  visit("dtype", blank.dtype);
  visit("window", blank.window);
  visit("prompt", blank.prompt);
  visit("decoding", blank.decoding);
  visit("reader", blank.reader);
}

/// Whether the pages of a cell are read in the same way as the empty page was.
bool belongs_to(const BlankReading& blank, const Cell& cell);

/// The empty page of a cell, not read yet.
BlankReading blank_of(const Cell& cell);

} // namespace microfiche::sweep
