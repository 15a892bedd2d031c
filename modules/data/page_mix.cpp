#include "data/page_mix.h"

#include "core/config.h"
#include "core/error.h"

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

std::vector<std::string> mode_names(const PageMixConfig& config) {
  std::vector<std::string> names;
  for (const auto& [name, weight] : config.modes) {
    names.push_back(name);
  }
  return names;
}

TextKind text_kind(const std::string& name, const std::string& where) {
  const auto kind = Json(name).get<TextKind>();
  check(
      Json(kind) == Json(name),
      where,
      ": no kind of text named \"",
      name,
      "\"",
      did_you_mean(name, {"corpus", "random_letters", "shuffled_words"}));
  return kind;
}

void validate(const PageMixConfig& config, const std::string& where) {
  check_weights(config.modes, "modes", where);
  check_weights(config.texts, "texts", where);
  for (const auto& [name, weight] : config.texts) {
    text_kind(name, where + ".texts");
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

} // namespace microfiche::data
