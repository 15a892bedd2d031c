#include "memory/policy/ageing.h"

#include "core/error.h"

#include <cmath>

namespace microfiche::memory {
namespace {

constexpr const char* kResizedText = "resized";

/// The smallest type that is drawn.
constexpr double kLeastFontSize = 4;

} // namespace

void validate(const AgeingConfig& config, const std::string& where) {
  const auto how = Json(config.how).get<std::string>();
  check(
      config.shrinks_tokens() || config.from.empty(),
      where,
      ".from: has no effect on a page that is ",
      how);
  check(
      !config.shrinks_tokens() || !config.from.empty(),
      where,
      ".from: a page that is ",
      how,
      " needs the mode that it is encoded in");
  if (!config.draws()) {
    check(
        config.font_size_px == 0 && config.line_height == 0,
        where,
        ": font_size_px and line_height have no effect on a page that is ",
        how);
    return;
  }
  check(
      std::isfinite(config.font_size_px) &&
          config.font_size_px >= kLeastFontSize && config.font_size_px <= 1000,
      where,
      ".font_size_px: expected a size from ",
      kLeastFontSize,
      " to 1000, got ",
      config.font_size_px);
  check(
      config.line_height == 0 ||
          (config.line_height >= 0.5 && config.line_height <= 10),
      where,
      ".line_height: expected 0, or a number from 0.5 to 10, got ",
      config.line_height);
}

std::string ageing_text(const AgeingConfig& config) {
  if (config.how == Ageing::kResized) {
    return kResizedText;
  }
  auto json = write_config(config);
  if (config.from.empty()) {
    // As stores have it from before there was such a field.
    json.erase("from");
  }
  return json.dump();
}

AgeingConfig read_ageing(const std::string& text, const std::string& where) {
  return text.empty() || text == kResizedText
      ? AgeingConfig{}
      : read_config<AgeingConfig>(parse_json(text, where), where);
}

std::string aged_mode_name(
    const std::string& mode,
    const AgeingConfig& config) {
  return config.how == Ageing::kResized
      ? mode
      : mode + " " + Json(config.how).get<std::string>();
}

} // namespace microfiche::memory
