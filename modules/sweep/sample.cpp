#include "sweep/sample.h"

#include "core/config.h"

namespace microfiche::sweep {
namespace {

struct VisionTokens {
  page::VisionTokenCounts counts;
};

template <typename Visitor>
void visit_fields(Visitor&& visit, VisionTokens& tokens) {
  visit("nominal", tokens.counts.nominal);
  visit("valid", tokens.counts.valid);
  visit("positions", tokens.counts.positions);
}

/// A sample with its parts in the form that is written.
struct Line {
  Sample sample;
  VisionTokens tokens;
};

template <typename Visitor>
void visit_fields(Visitor&& visit, Line& line) {
  auto& sample = line.sample;
  visit("id", sample.id);
  visit("cell", sample.cell);
  visit("page", sample.page);
  visit("mode", sample.mode);
  visit("text_tokens", sample.text_tokens);
  visit("model_text_tokens", sample.model_text_tokens);
  visit("characters", sample.characters);
  visit("vision_tokens", line.tokens);
  visit("font", sample.font);
  visit("font_size_px", sample.font_size_px);
  visit("reference", sample.reference);
  visit("prediction", sample.prediction);
  visit("metrics", sample.metrics);
  visit("stop", sample.stop);
  visit("seconds", sample.seconds);
  visit("new_tokens", sample.new_tokens);
  visit("kv_cache_bytes", sample.kv_cache_bytes);
  visit("peak_memory_bytes", sample.peak_memory_bytes);
  visit("collected", sample.collected);
  visit("altered_words", sample.altered_words);
  visit("log_likelihood", sample.log_likelihood);
  visit("log_likelihood_without_page", sample.log_likelihood_without_page);
  visit("confidence", sample.confidence);
}

} // namespace

void erase_nulls(Json& object) {
  for (auto field = object.begin(); field != object.end();) {
    field = field->is_null() ? object.erase(field) : std::next(field);
  }
}

bool belongs_to(const BlankReading& blank, const Cell& cell) {
  return blank.mode == cell.mode && blank.style == cell.style &&
      blank.model == cell.model && blank.dtype == cell.dtype &&
      blank.prompt == cell.prompt && blank.decoding == cell.decoding;
}

Json to_json(const Sample& sample) {
  auto json = write_config(Line{sample, {sample.vision_tokens}});
  erase_nulls(json);
  erase_nulls(json["cell"]);
  return json;
}

Sample read_sample(const Json& json, const std::string& where) {
  auto line = read_config<Line>(json, where);
  check(
      !line.sample.id.empty() &&
          (line.sample.cell.characters_per_token ||
           line.sample.cell.text_tokens),
      where,
      ": not a line of samples.jsonl; it has no id or its cell no length");
  line.sample.vision_tokens = line.tokens.counts;
  return line.sample;
}

} // namespace microfiche::sweep
