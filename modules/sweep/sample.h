#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/json.h"
#include "sweep/page_reader.h"
#include "sweep/sweep_config.h"
#include "metrics/score.h"
#include "page/vision_token_order.h"

namespace microfiche::sweep {

/// Wall time of a page; what a batch took is shared evenly by its pages.
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

/// What the decoder's cache of keys and values holds for a page, and what it
/// would hold for the same text as text tokens of the model's own vocabulary.
struct KvCacheBytes {
  int64_t page = 0;
  int64_t text = 0;
};

template <typename Visitor>
void visit_fields(Visitor&& visit, KvCacheBytes& bytes) {
  visit("page", bytes.page);
  visit("text", bytes.text);
}

/// One page that was read: a line of samples.jsonl.
struct Sample {
  /// The cell's name and the page's number in it.
  std::string id;
  Cell cell;
  int64_t page = 0;
  std::string mode;

  /// By DeepSeek-OCR's tokenizer, and by the model's own.
  int64_t text_tokens = 0;
  int64_t model_text_tokens = 0;
  int64_t characters = 0;

  page::VisionTokenCounts vision_tokens;
  std::string font;
  double font_size_px = 0;
  std::string reference;
  std::string prediction;
  metrics::PageScores metrics;

  /// Why the reading ended: "eos", "length" or "loop".
  std::string stop;
  StageSeconds seconds;

  /// Ids that were written.
  int64_t new_tokens = 0;

  KvCacheBytes kv_cache_bytes;

  /// Of the batch; see `BatchReading`.
  int64_t peak_memory_bytes = 0;

  /// The image's name, of a page from a collection.
  std::optional<std::string> collected;

  /// Where a condition changed words, as in `SweepPage`.
  std::optional<std::vector<std::pair<int64_t, std::string>>> altered_words;

  /// Natural logarithm, where the sweep asked for it; the second of the prompt
  /// alone.
  std::optional<double> log_likelihood;
  std::optional<double> log_likelihood_without_page;

  /// Where the sweep asked for it.
  std::optional<Confidence> confidence;
};

/// Takes the fields that are null out of an object.
void erase_nulls(Json& object);

/// The line as `interface` fixes it.
Json to_json(const Sample& sample);

/// Reads a line. Throws `InputError`, which `where` starts.
Sample read_sample(const Json& json, const std::string& where);

/// What came out of an empty page: a line of controls.jsonl.
struct BlankReading {
  std::string mode;
  std::string style;
  std::string prediction;
  std::string stop;

  /// As in the cells that it belongs to.
  std::optional<std::string> model = std::nullopt;
  std::optional<std::string> dtype = std::nullopt;
  std::optional<std::string> prompt = std::nullopt;
  std::optional<std::string> decoding = std::nullopt;
};

template <typename Visitor>
void visit_fields(Visitor&& visit, BlankReading& blank) {
  visit("mode", blank.mode);
  visit("style", blank.style);
  visit("prediction", blank.prediction);
  visit("stop", blank.stop);
  visit("model", blank.model);
  visit("dtype", blank.dtype);
  visit("prompt", blank.prompt);
  visit("decoding", blank.decoding);
}

/// Whether a cell's pages were read as the empty page was.
bool belongs_to(const BlankReading& blank, const Cell& cell);

} // namespace microfiche::sweep
