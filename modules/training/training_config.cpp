#include "training/training_config.h"

#include "core/error.h"
#include "core/name_pattern.h"

namespace microfiche::training {
namespace {

void check_at_least(
    int64_t value,
    int64_t least,
    const char* field,
    const std::string& where) {
  check(
      value >= least,
      where,
      ".",
      field,
      ": must be at least ",
      least,
      ", got ",
      value);
}

void check_same(
    const Json& before,
    const Json& now,
    const std::string& field,
    const std::string& where) {
  check(
      before == now,
      where,
      ": this run was begun with ",
      field,
      " ",
      before.dump(),
      ", not ",
      now.dump(),
      "; go on with the config that it was begun with, or choose another "
      "folder with -o");
}

std::vector<std::string> row_names(const EvaluationConfig& config) {
  std::vector<std::string> names;
  for (const auto& mode : config.modes) {
    for (const auto& text : config.texts) {
      for (const double density : config.characters_per_token) {
        names.push_back(evaluation_row_name(mode, text, density));
      }
    }
  }
  if (config.conversations) {
    for (const auto& [mode, weight] : config.conversations->modes) {
      names.push_back(evaluation_row_name(mode, "conversations", 0));
    }
  }
  return names;
}

void check_best(const TrainingConfig& config, const std::string& where) {
  const auto& pattern = config.checkpoints.best;
  const auto names = row_names(config.evaluation);
  std::string known;
  bool found = pattern.empty();
  for (const auto& name : names) {
    known += " " + name;
    found = found || matches(pattern, name);
  }
  check(
      found,
      where,
      ".checkpoints.best: no row of the evaluation is called \"",
      pattern,
      "\"; there are:",
      known.empty() ? " none" : known);
}

/// What only pages have, or the decoder only gets from them.
void check_fits_text(const TrainingConfig& config, const std::string& where) {
  for (const auto& stage : config.stages) {
    const auto at = concat(where, ": stage \"", stage.name, "\"");
    for (const auto& source : stage.sources()) {
      check(
          source.pages.has_value(),
          at,
          ": with text_compressor a text stands in the place of its page, and "
          "of pages in files nobody knows the text; expected rendered pages");
    }
    check(
        stage.losses.glyph == 0 && stage.losses.patch_glyph == 0,
        at,
        ".losses: glyph heads look at pages, and with text_compressor none is "
        "encoded; leave them at 0");
    check(
        !stage.aids.any() || config.text_compressor->has_fixed_count(),
        at,
        ".aids: this text_compressor has no vectors to point at; leave the "
        "aids out");
  }
  check(
      !config.evaluation.conversations,
      where,
      ".evaluation.conversations: their pages have no text to give in place of "
      "them, as text_compressor does");
}

} // namespace

std::string evaluation_row_name(
    const std::string& mode,
    const std::string& text,
    double characters_per_token) {
  return concat(mode, "/", text, "/", characters_per_token);
}

void validate(const LossConfig& config, const std::string& where) {
  check(
      config.reading >= 0 && config.glyph >= 0 && config.balance >= 0,
      where,
      ": weights must not be negative");
  check(
      config.reading > 0 || config.glyph > 0,
      where,
      ": reading or glyph needs a weight above 0");
  check(
      config.balance == 0 || config.reading > 0,
      where,
      ".balance: has no effect without reading, whose decoder it balances");
}

std::vector<SourceConfig> StageConfig::sources() const {
  if (!pages) {
    return mixture;
  }
  SourceConfig source;
  source.pages = pages;
  return {source};
}

std::optional<data::PageMixConfig> TrainingConfig::rendered_pages(
    int64_t stage) const {
  for (const auto& source : stages[stage].sources()) {
    if (source.pages) {
      return source.pages;
    }
  }
  return std::nullopt;
}

void validate(const SourceConfig& config, const std::string& where) {
  check(
      config.weight > 0,
      where,
      ".weight: must be above 0, got ",
      config.weight);
  check(
      config.pages.has_value() != config.conversations.has_value(),
      where,
      ": expected either pages or conversations, got ",
      config.pages ? "both" : "neither");
}

void validate(const StageConfig& config, const std::string& where) {
  check(
      config.pages.has_value() == config.mixture.empty(),
      where,
      ": expected either pages or a mixture, got ",
      config.pages ? "both" : "neither");
  check(!config.name.empty(), where, ".name: a stage needs a name");
  check_at_least(config.steps, 1, "steps", where);
  check_at_least(config.batches_per_step, 1, "batches_per_step", where);
  check(
      !config.rates.empty(),
      where,
      ".rates: expected at least one rule, or nothing is trained");
  check(
      (config.losses.glyph > 0 || config.losses.patch_glyph > 0) ==
          (config.batch.points_per_page > 0),
      where,
      ": losses.glyph and batch.points_per_page belong together; got ",
      config.losses.glyph,
      " and ",
      config.batch.points_per_page);
  check(
      !config.aids.any() || config.losses.reading > 0,
      where,
      ".aids: without losses.reading there is nothing to help");
}

void validate(const AidConfig& config, const std::string& where) {
  check(
      config.location >= 0 && config.attention >= 0 &&
          config.attention_bias >= 0,
      where,
      ": weights and bias must not be negative");
  check_at_least(config.layer, 0, "layer", where);
  check(
      config.until > 0 && config.until <= 1,
      where,
      ".until: must be above 0 and at most 1, got ",
      config.until);
  check(
      config.bias_until > 0 && config.bias_until <= config.until,
      where,
      ".bias_until: must be above 0 and at most until (",
      config.until,
      "), got ",
      config.bias_until);
}

void validate(const EvaluationConfig& config, const std::string& where) {
  check_at_least(config.every_steps, 0, "every_steps", where);
  check_at_least(config.pages, 1, "pages", where);
  check_at_least(config.batch_pages, 1, "batch_pages", where);
  check_at_least(config.shown_pages, 0, "shown_pages", where);
  for (const double density : config.characters_per_token) {
    check(
        density > 0 && density <= 1000,
        where,
        ".characters_per_token: must be above 0 and at most 1000, got ",
        density);
  }
}

void validate(const CheckpointConfig& config, const std::string& where) {
  check_at_least(config.every_steps, 0, "every_steps", where);
  check_at_least(config.keep, 1, "keep", where);
  check_at_least(config.shard_bytes, 1 << 16, "shard_bytes", where);
}

void validate(const NotFiniteConfig& config, const std::string& where) {
  check_at_least(config.at_most, 0, "at_most", where);
}

void validate(const TrainingConfig& config, const std::string& where) {
  check(
      !config.model.empty(),
      where,
      ".model: expected a model folder with config.json and tokenizer.json");
  check(!config.stages.empty(), where, ".stages: expected at least one");
  const auto last = static_cast<int64_t>(config.stages.size()) - 1;
  bool renders = false;
  for (int64_t stage = 0; stage <= last; ++stage) {
    renders = renders || config.rendered_pages(stage).has_value();
  }
  check(
      config.corpus.empty() != renders,
      where,
      ".corpus: ",
      renders ? "expected at least one .txt or .jsonl file or folder"
              : "has no effect, as no stage renders pages");
  check(
      config.evaluation.modes.empty() || config.rendered_pages(last),
      where,
      ".evaluation.modes: the last stage renders no pages to evaluate on; "
      "evaluation.conversations names files");
  check_best(config, where);
  check(
      config.held_out_fraction >= 0 && config.held_out_fraction < 1,
      where,
      ".held_out_fraction: must be in [0, 1), got ",
      config.held_out_fraction);
  check(
      !renders || config.held_out.empty() == (config.held_out_fraction > 0),
      where,
      ": either held_out names files or held_out_fraction is above 0");
  check(
      config.precision == "f32" || config.precision == "bf16",
      where,
      ".precision: expected \"f32\" or \"bf16\", got \"",
      config.precision,
      "\"");
  check(
      config.glyph_head.width >= 1 && config.glyph_head.cells >= 1,
      where,
      ".glyph_head: width and cells must be at least 1");
  check(
      config.average_decay >= 0 && config.average_decay < 1,
      where,
      ".average_decay: must be in [0, 1), got ",
      config.average_decay);
  check(
      !config.checkpoints.in_background || !config.optimizer.shard_state,
      where,
      ".checkpoints.in_background: not with optimizer.shard_state, where all "
      "processes have written their shares before any goes on");
  check(
      !config.adapter || config.from_weights,
      where,
      ".adapter: stands beside weights that are trained already; set "
      "from_weights");
  check(
      !config.parts_from || !config.from_weights,
      where,
      ".parts_from: has no effect with from_weights, which loads all weights");
  if (config.text_compressor) {
    check_fits_text(config, where);
  }
  check_at_least(config.log_every, 1, "log_every", where);
  check_at_least(config.workers, 1, "workers", where);
  check_at_least(config.batches_ahead, 1, "batches_ahead", where);
  check(
      config.max_minutes >= 0,
      where,
      ".max_minutes: must not be negative, got ",
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
    // Who keeps the state decides nothing.
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
