#include "model/trained_on.h"

#include "core/error.h"
#include "core/utf8.h"
#include "model/model_config.h"
#include "page/vision_token_order.h"

#include <algorithm>
#include <cmath>
#include <sstream>

namespace microfiche::model {
namespace {

/// Sizes in a list match within this fraction, which covers rounding.
constexpr double kSizeTolerance = 0.03;

/// Ordinary type on a page whose type size is unknown, in pixels: 12 points at
/// 96 dpi.
constexpr double kOrdinaryFontSizePx = 16;

/// With two decimals at most, e.g. "21.33", "32".
std::string number_text(double value) {
  std::ostringstream stream;
  stream << std::round(value * 100) / 100;
  return stream.str();
}

template <typename List, typename ToText>
std::string list_text(const List& list, ToText to_text) {
  std::string text;
  for (size_t i = 0; i < list.size(); ++i) {
    text += i == 0 ? "" : i + 1 < list.size() ? ", " : " and ";
    text += to_text(list[i]);
  }
  return text;
}

std::string list_text(const std::vector<std::string>& names) {
  return list_text(names, [](const auto& name) { return name; });
}

/// Pixels of the view per pixel of the page, on the side that is shrunk most. 1
/// for a mode with tiles, which keep about the page's resolution.
double view_scale(const page::ResolutionMode& mode, const PageFacts& page) {
  const int64_t longest = std::max(page.width_px, page.height_px);
  if (longest == 0 || mode.tiled()) {
    return 1;
  }
  return static_cast<double>(mode.base_size_px) / static_cast<double>(longest);
}

/// Appends a warning if `length_px`, in pixels of the view, is not among those
/// of `sizes` that `field` selects.
void check_length(
    const TrainedOn& trained_on,
    double TrainedTypeSize::*field,
    const char* what,
    double length_px,
    std::vector<std::string>& warnings) {
  std::vector<double> lengths;
  for (const auto& size : trained_on.type_sizes) {
    lengths.push_back(size.*field);
  }
  const auto [low, high] = std::minmax_element(lengths.begin(), lengths.end());
  const bool inside = trained_on.sizes_between
      ? length_px >= *low * (1 - kSizeTolerance) &&
          length_px <= *high * (1 + kSizeTolerance)
      : std::any_of(lengths.begin(), lengths.end(), [&](double length) {
          return std::abs(length_px - length) <= kSizeTolerance * length;
        });
  if (!inside) {
    const std::string trained = trained_on.sizes_between
        ? concat(number_text(*low), " to ", number_text(*high))
        : list_text(lengths, number_text);
    warnings.push_back(concat(
        what,
        " is ",
        number_text(length_px),
        " px in the encoder's view; the model was trained on ",
        trained,
        " px"));
  }
}

void check_type_size(
    const TrainedOn& trained_on,
    const page::ResolutionMode& mode,
    const PageFacts& page,
    std::vector<std::string>& warnings) {
  if (trained_on.type_sizes.empty()) {
    return;
  }
  const double scale = view_scale(mode, page);
  if (page.font_size_px > 0) {
    check_length(
        trained_on,
        &TrainedTypeSize::font_size_px,
        "the font size",
        page.font_size_px * scale,
        warnings);
  }
  if (page.line_distance_px > 0) {
    check_length(
        trained_on,
        &TrainedTypeSize::line_distance_px,
        "the line distance",
        page.line_distance_px * scale,
        warnings);
  }
  if (page.font_size_px > 0 || page.line_distance_px > 0 ||
      page.width_px == 0) {
    return;
  }
  double smallest = trained_on.type_sizes.front().font_size_px;
  for (const auto& size : trained_on.type_sizes) {
    smallest = std::min(smallest, size.font_size_px);
  }
  if (kOrdinaryFontSizePx * scale < smallest) {
    warnings.push_back(concat(
        "the page of ",
        page.width_px,
        " x ",
        page.height_px,
        " px is shrunk ",
        number_text(1 / scale),
        " times to ",
        mode.base_size_px,
        " px; letters smaller than ",
        std::llround(std::ceil(smallest / scale)),
        " px on the page become smaller than the model was trained on (",
        number_text(smallest),
        " px)"));
  }
}

/// The first character outside ASCII, empty if there is none.
std::string_view first_outside_ascii(std::string_view text) {
  const auto found = std::find_if(
      text.begin(), text.end(), [](char byte) { return (byte & 0x80) != 0; });
  const auto begin = static_cast<size_t>(found - text.begin());
  return text.substr(begin, next_code_point(text, begin + 1) - begin);
}

void check_text(
    const ModelConfig& config,
    const page::ResolutionMode& mode,
    const PageFacts& page,
    std::vector<std::string>& warnings) {
  const auto& trained_on = *config.toolkit.trained_on;
  if (trained_on.alphabet == Alphabet::kAscii) {
    if (const auto other = first_outside_ascii(page.text); !other.empty()) {
      warnings.push_back(concat(
          "the text has characters that the model was not trained on, such as "
          "\"",
          other,
          "\"; it was trained on ASCII only"));
    }
  }
  if (!trained_on.characters_per_vision_token || page.text.empty() ||
      page.width_px == 0 || page.height_px == 0) {
    return;
  }
  const double per_token =
      static_cast<double>(count_code_points(page.text)) /
      static_cast<double>(
          page::count_vision_tokens(
              mode, page.width_px, page.height_px, config.pixels_per_token())
              .nominal);
  const auto [low, high] = *trained_on.characters_per_vision_token;
  if (per_token < low || per_token > high) {
    warnings.push_back(concat(
        "the page has ",
        number_text(per_token),
        " characters per vision token; the model was trained on ",
        number_text(low),
        " to ",
        number_text(high)));
  }
}

} // namespace

void validate(const TrainedOn& trained_on, const std::string& where) {
  for (const auto& size : trained_on.type_sizes) {
    check(
        size.font_size_px > 0 && size.line_distance_px > 0,
        where,
        ".type_sizes: sizes must be positive, got ",
        size.font_size_px,
        " and ",
        size.line_distance_px);
  }
  if (const auto& range = trained_on.characters_per_vision_token) {
    check(
        0 <= range->first && range->first <= range->second,
        where,
        ".characters_per_vision_token must be [smallest, largest], got [",
        range->first,
        ", ",
        range->second,
        "]");
  }
}

bool is_trained_mode(
    const ModelConfig& config,
    const page::ResolutionMode& mode) {
  const auto& trained_on = config.toolkit.trained_on;
  return !trained_on || trained_on->modes.empty() ||
      std::find(
          trained_on->modes.begin(), trained_on->modes.end(), mode.name) !=
      trained_on->modes.end();
}

std::vector<std::string> training_warnings(
    const ModelConfig& config,
    const page::ResolutionMode& mode,
    const PageFacts& page) {
  const auto& trained_on = config.toolkit.trained_on;
  std::vector<std::string> warnings;
  if (!trained_on) {
    return warnings;
  }
  if (!is_trained_mode(config, mode)) {
    warnings.push_back(concat(
        "the model was not trained in mode ",
        mode.name,
        ", only in ",
        list_text(trained_on->modes)));
  }
  const auto& fonts = trained_on->fonts;
  if (!page.font.empty() && !fonts.empty() &&
      std::find(fonts.begin(), fonts.end(), page.font) == fonts.end()) {
    warnings.push_back(concat(
        "the font is ",
        page.font,
        "; the model was trained on ",
        list_text(fonts)));
  }
  check_type_size(*trained_on, mode, page, warnings);
  check_text(config, mode, page, warnings);
  return warnings;
}

} // namespace microfiche::model
