#include "training/training_config.h"

#include "core/error.h"
#include "core/json_difference.h"
#include "core/name_pattern.h"
#include "training/config_checks.h"

namespace microfiche::training {
namespace {

void check_same(
    const Json& before,
    const Json& now,
    const std::string& field,
    const std::string& where) {
  if (const auto difference = first_difference(before, now, field)) {
    throw InputError(concat(
        where,
        ": this run started with ",
        difference->path,
        " = ",
        difference->before,
        ", now it is ",
        difference->now,
        "; resume with the config of the start, or set another folder with "
        "-o"));
  }
}

void check_best(const TrainingConfig& config, const std::string& where) {
  const auto& pattern = config.checkpoints.best;
  const auto names = evaluation_row_names(config.evaluation);
  std::string known;
  bool found = pattern.empty();
  for (const auto& name : names) {
    known += " " + name;
    found = found || matches(pattern, name);
  }
  check(
      found,
      field_path(where, "checkpoints.best"),
      ": no row of the evaluation is called \"",
      pattern,
      "\"; there are:",
      known.empty() ? " none" : known);
}

/// Refuses what needs pages, which a text compressor replaces.
void check_fits_text(const TrainingConfig& config, const std::string& where) {
  for (const auto& stage : config.stages) {
    const auto at = concat(where, ": stage \"", stage.name, "\"");
    for (const auto& source : stage.sources()) {
      check(
          source.pages.has_value(),
          at,
          ": text_compressor works with pages to transcribe; expected pages");
    }
    check(
        !stage.losses.needs(TermInput::kGlyphPoints) &&
            !stage.losses.needs(TermInput::kInitialEncoder),
        at,
        ".losses: glyph heads need encoded pages, and so does kept_tokens; "
        "with text_compressor no page is encoded; leave their weights at 0");
    check(
        !stage.aids.any() || config.text_compressor->has_fixed_count(),
        at,
        ".aids: this text_compressor has no vectors to point at; leave the "
        "aids out");
  }
  check(
      !config.evaluation.conversations,
      field_path(where, "evaluation.conversations"),
      ": text_compressor needs the text of each page, "
      "which their pages do not have");
}

} // namespace

std::set<std::string> TrainingConfig::fonts() const {
  std::set<std::string> fonts;
  for (const auto& stage : stages) {
    for (const auto& source : stage.sources()) {
      if (const auto* pages = source.rendered_pages()) {
        fonts.insert(pages->fonts.begin(), pages->fonts.end());
      }
    }
  }
  return fonts;
}

void validate(const TrainingConfig& config, const std::string& where) {
  check(
      !config.model.empty(),
      field_path(where, "model"),
      ": expected a model folder with config.json and tokenizer.json");
  check(
      !config.stages.empty(),
      field_path(where, "stages"),
      ": expected at least one");
  bool renders = false;
  for (const auto& stage : config.stages) {
    renders = renders || stage.renders();
  }
  check(
      config.corpus.empty() != renders,
      field_path(where, "corpus"),
      ": ",
      renders ? "expected at least one .txt or .jsonl file or folder"
              : "has no effect, because no stage renders pages");
  check(
      config.evaluation.modes.empty() ||
          config.stages.back().transcribed_pages(),
      field_path(where, "evaluation.modes"),
      ": the last stage transcribes no rendered pages, on which to evaluate; use "
      "evaluation.conversations");
  check_best(config, where);
  check_below_one(config.held_out_fraction, "held_out_fraction", where);
  check(
      !renders || config.held_out.empty() == (config.held_out_fraction > 0),
      where,
      ": either held_out names files or held_out_fraction is above 0");
  check(
      config.precision == "f32" || config.precision == "bf16",
      field_path(where, "precision"),
      ": expected \"f32\" or \"bf16\", got \"",
      config.precision,
      "\"");
  check_below_one(config.average_decay, "average_decay", where);
  check(
      !config.checkpoints.in_background || !config.optimizer.shard_state,
      field_path(where, "checkpoints.in_background"),
      ": cannot be combined with "
      "optimizer.shard_state, whose checkpoints all processes wait for");
  check(
      !config.adapter || config.from_weights,
      field_path(where, "adapter"),
      ": needs trained weights; set from_weights");
  check(
      !config.parts_from || !config.from_weights,
      field_path(where, "parts_from"),
      ": has no effect with from_weights, which loads all weights");
  for (const auto& stage : config.stages) {
    check(
        (config.from_weights && !config.adapter) ||
            !stage.losses.needs(TermInput::kInitialEncoder),
        where,
        ": losses.kept_tokens of stage \"",
        stage.name,
        "\" works with from_weights and without an adapter");
  }
  if (config.text_compressor) {
    check_fits_text(config, where);
  }
  check_at_least(config.log_every, 1, "log_every", where);
  check_at_least(config.workers, 1, "workers", where);
  check_at_least(config.batches_ahead, 1, "batches_ahead", where);
  check(
      config.max_minutes >= 0,
      field_path(where, "max_minutes"),
      ": must not be negative, got ",
      config.max_minutes);
}

void check_resumable(
    const TrainingConfig& before,
    const TrainingConfig& now,
    int64_t stage,
    const std::string& where) {
  Json old_json = write_config(before);
  Json new_json = write_config(now);
  for (auto* json : {&old_json, &new_json}) {
    // Sharding does not change the results.
    (*json)["optimizer"].erase("shard_state");
  }
  for (const char* field :
       {"model",
        "from_weights",
        "parts_from",
        "text_compressor",
        "adapter",
        "average_decay",
        "corpus",
        "held_out",
        "held_out_fraction",
        "optimizer",
        "glyph_head",
        "precision",
        "tf32",
        "seed"}) {
    check_same(old_json[field], new_json[field], field, where);
  }
  for (int64_t i = 0; i <= stage; ++i) {
    const auto at = [i](const Json& json) {
      return i < static_cast<int64_t>(json["stages"].size()) ? json["stages"][i]
                                                             : Json(nullptr);
    };
    check_same(at(old_json), at(new_json), concat("stages.", i), where);
  }
}

} // namespace microfiche::training
