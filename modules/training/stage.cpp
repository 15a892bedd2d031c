#include "training/stage.h"

#include "core/error.h"
#include "training/config_checks.h"

#include <algorithm>

namespace microfiche::training {

std::vector<SourceConfig> StageConfig::sources() const {
  if (!pages) {
    return mixture;
  }
  SourceConfig source;
  source.pages = pages;
  return {source};
}

std::optional<data::PageMixConfig> StageConfig::transcribed_pages() const {
  for (const auto& source : sources()) {
    if (source.pages) {
      return source.pages;
    }
  }
  return std::nullopt;
}

bool StageConfig::renders() const {
  const auto all = sources();
  return std::any_of(all.begin(), all.end(), [](const SourceConfig& source) {
    return source.rendered_pages() != nullptr;
  });
}

const data::PageMixConfig* SourceConfig::rendered_pages() const {
  if (pages) {
    return &*pages;
  }
  return questions ? &questions->pages : nullptr;
}

void validate(const SourceConfig& config, const std::string& where) {
  check(
      config.weight > 0,
      where,
      ".weight: must be above 0, got ",
      config.weight);
  const int given = static_cast<int>(config.pages.has_value()) +
      static_cast<int>(config.questions.has_value()) +
      static_cast<int>(config.conversations.has_value());
  check(
      given == 1,
      where,
      ": expected one of pages, questions and conversations, got ",
      given == 0 ? "none" : "several");
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
  check_at_least(config.uses_per_batch, 1, "uses_per_batch", where);
  check(
      !config.rates.empty(),
      where,
      ".rates: expected at least one rule; without rules nothing is trained");
  check(
      config.losses.needs(TermInput::kGlyphPoints) ==
          (config.batch.points_per_page + config.batch.points_per_token > 0),
      where,
      ": losses.glyph or losses.patch_glyph needs batch.points_per_page or "
      "points_per_token above 0, and the reverse; got ",
      config.batch.points_per_page,
      " and ",
      config.batch.points_per_token);
  check(
      config.losses.needs(TermInput::kInitialEncoder)
          ? config.kept_characters_per_token > 0
          : config.kept_characters_per_token == 0,
      where,
      ": losses.kept_tokens needs kept_characters_per_token above 0, and "
      "without it there must be none; got ",
      config.kept_characters_per_token);
  check(
      !config.aids.any() || config.losses["reading"] > 0,
      where,
      ".aids: have no effect without losses.reading");
}

void check_divisible(const StageConfig& stage, int64_t processes) {
  check(
      stage.batches_per_step % processes == 0,
      "stage \"",
      stage.name,
      "\": batches_per_step is ",
      stage.batches_per_step,
      ", which cannot be divided evenly among ",
      processes,
      " processes; set a multiple of ",
      processes,
      ", or start another number of processes");
}

} // namespace microfiche::training
