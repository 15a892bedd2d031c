#include "data/page_mix.h"

#include "core/error.h"

#include <cmath>

namespace microfiche::data {
namespace {

void check_range(
    const Range& range,
    double least,
    double most,
    const char* field,
    const std::string& where) {
  check(
      range.first >= least && range.first <= range.second &&
          range.second <= most,
      where,
      ".",
      field,
      ": expected [low, high] with ",
      least,
      " <= low <= high <= ",
      most,
      ", got [",
      range.first,
      ", ",
      range.second,
      "]");
}

void check_weights(
    const std::map<std::string, double>& weights,
    const char* field,
    const std::string& where) {
  double sum = 0;
  for (const auto& [name, weight] : weights) {
    check(
        weight >= 0 && std::isfinite(weight),
        where,
        ".",
        field,
        ".",
        name,
        ": a weight cannot be ",
        weight);
    sum += weight;
  }
  check(sum > 0, where, ".", field, ": expected a name with a weight above 0");
}

} // namespace

TextKind text_kind(const std::string& name) {
  return Json(name).get<TextKind>();
}

void validate(const PageMixConfig& config, const std::string& where) {
  check_weights(config.modes, "modes", where);
  check_weights(config.texts, "texts", where);
  for (const auto& [name, weight] : config.texts) {
    check(
        Json(text_kind(name)) == Json(name),
        where,
        ".texts: no kind of text named \"",
        name,
        "\"",
        did_you_mean(name, {"corpus", "random_letters", "shuffled_words"}));
  }
  check_range(
      config.characters_per_token, 0.1, 1000, "characters_per_token", where);
  if (config.first_characters_per_token) {
    check_range(
        *config.first_characters_per_token,
        0.1,
        1000,
        "first_characters_per_token",
        where);
  }
  check(
      config.ramp_batches >= 0 &&
          (config.ramp_batches > 0) ==
              config.first_characters_per_token.has_value(),
      where,
      ": first_characters_per_token and ramp_batches (above 0) belong together");
  check(!config.fonts.empty(), where, ".fonts: expected at least one");
  check_range(config.fill, 0.1, 2, "fill", where);
  check_range(config.margin, 0, 0.4, "margin", where);
  check_range(config.line_height, 0.5, 5, "line_height", where);
}

void validate(const BatchConfig& config, const std::string& where) {
  check(
      config.characters >= 1,
      where,
      ".characters: must be at least 1, got ",
      config.characters);
  check(
      config.vision_tokens >= 1,
      where,
      ".vision_tokens: must be at least 1, got ",
      config.vision_tokens);
  check(
      config.density_spread >= 1 && config.density_spread <= 10,
      where,
      ".density_spread: must be from 1 to 10, got ",
      config.density_spread);
  check(
      config.points_per_page >= 0,
      where,
      ".points_per_page: must not be negative, got ",
      config.points_per_page);
  check(
      config.loose_points >= 0 && config.loose_points <= 1,
      where,
      ".loose_points: must be from 0 to 1, got ",
      config.loose_points);
}

} // namespace microfiche::data
