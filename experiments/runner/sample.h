#pragma once

#include <optional>
#include <string>

#include "core/json.h"
#include "experiments/runner/sweep_config.h"
#include "metrics/score.h"
#include "page/vision_token_order.h"

namespace microfiche::experiments {

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

  /// Natural logarithm, where the sweep asked for it.
  std::optional<double> log_likelihood;
};

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
};

template <typename Visitor>
void visit_fields(Visitor&& visit, BlankReading& blank) {
  visit("mode", blank.mode);
  visit("style", blank.style);
  visit("prediction", blank.prediction);
  visit("stop", blank.stop);
}

} // namespace microfiche::experiments
