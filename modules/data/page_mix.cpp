#include "data/page_mix.h"

#include "core/config.h"
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

} // namespace

double draw_even(RandomStream& random, const Range& range) {
  return random.uniform(range.first, range.second);
}

double draw_log(RandomStream& random, const Range& range) {
  return std::exp(
      random.uniform(std::log(range.first), std::log(range.second)));
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

const std::string& draw_name(
    RandomStream& random,
    const std::map<std::string, double>& weights) {
  double sum = 0;
  for (const auto& [name, weight] : weights) {
    sum += weight;
  }
  double place = random.uniform(0, sum);
  const std::string* chosen = nullptr;
  for (const auto& [name, weight] : weights) {
    if (weight > 0) {
      chosen = &name;
      if (place < weight) {
        break;
      }
      place -= weight;
    }
  }
  return *chosen;
}

std::vector<std::string> mode_names(const PageMixConfig& config) {
  std::vector<std::string> names;
  for (const auto& [name, weight] : config.modes) {
    names.push_back(name);
  }
  return names;
}

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
  check(!config.fonts.empty(), where, ".fonts: expected at least one");
  check_range(config.fill, 0.1, 2, "fill", where);
  if (config.font_size_px) {
    check_range(*config.font_size_px, 1, 1000, "font_size_px", where);
    check(
        config.sizes.empty(),
        where,
        ": give either sizes or font_size_px, not both");
  }
  check_range(config.contrast, 0, 1, "contrast", where);
  check_range(config.rotation, -45, 45, "rotation", where);
  check_fraction(config.resized, "resized", where);
  check_range(config.resized_from, 1, 8, "resized_from", where);
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
      config.length_spread >= 1.01,
      where,
      ".length_spread: must be at least 1.01, got ",
      config.length_spread);
  check(
      config.points_per_page >= 0 && config.points_per_token >= 0,
      where,
      ": points_per_page and points_per_token must not be negative, got ",
      config.points_per_page,
      " and ",
      config.points_per_token);
  check_fraction(config.loose_points, "loose_points", where);
}

} // namespace microfiche::data
