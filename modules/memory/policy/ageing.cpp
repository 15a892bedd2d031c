#include "memory/policy/ageing.h"

#include "core/error.h"

#include <cmath>

namespace microfiche::memory {
namespace {

constexpr const char* kResizedText = "resized";

/// The field of the pages on a picture.
constexpr const char* kPages = "pages";

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

std::string ageing_text(
    const AgeingConfig& config,
    const std::vector<int64_t>& pages) {
  if (config.how == Ageing::kResized) {
    return kResizedText;
  }
  auto json = write_config(config);
  if (config.from.empty()) {
    // As stores have it from before there was such a field.
    json.erase("from");
  }
  if (!pages.empty()) {
    json[kPages] = pages;
  }
  return json.dump();
}

AgeingConfig read_ageing(const std::string& text, const std::string& where) {
  if (text.empty() || text == kResizedText) {
    return {};
  }
  auto json = parse_json(text, where);
  json.erase(kPages);
  return read_config<AgeingConfig>(json, where);
}

std::vector<int64_t> read_merged_pages(
    const std::string& text,
    const std::string& where) {
  if (text.empty() || text == kResizedText) {
    return {};
  }
  const auto json = parse_json(text, where);
  return json.contains(kPages) ? json.at(kPages).get<std::vector<int64_t>>()
                               : std::vector<int64_t>();
}

std::string aged_mode_name(
    const std::string& mode,
    const AgeingConfig& config,
    size_t num_pages) {
  return concat(
      mode,
      config.how == Ageing::kResized
          ? std::string()
          : " " + Json(config.how).get<std::string>(),
      num_pages > 1 ? concat(", ", num_pages, " pages") : std::string());
}

std::string aged_mode_name(const std::string& mode, const std::string& how) {
  return aged_mode_name(
      mode, read_ageing(how, "plan"), read_merged_pages(how, "plan").size());
}

} // namespace microfiche::memory
