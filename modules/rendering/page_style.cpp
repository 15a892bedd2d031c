#include "rendering/page_style.h"

#include "core/error.h"

#include <array>
#include <cmath>

namespace microfiche::rendering {
namespace {

constexpr double kPxPerInch = 96.0;
constexpr double kMmPerInch = 25.4;

struct Paper {
  const char* name;
  double width_mm;
  double height_mm;
};

constexpr std::array<Paper, 5> kPapers = {{
    {"a3", 297, 420},
    {"a4", 210, 297},
    {"a5", 148, 210},
    {"letter", 215.9, 279.4},
    {"legal", 215.9, 355.6},
}};

const Paper* find_paper(const std::string& name) {
  for (const auto& paper : kPapers) {
    if (paper.name == name) {
      return &paper;
    }
  }
  return nullptr;
}

/// Throws unless the value lies in [least, most]; NaN does not.
void check_range(
    double value,
    double least,
    double most,
    const std::string& where,
    const char* field) {
  check(
      least <= value && value <= most,
      where,
      ".",
      field,
      ": expected ",
      least,
      " to ",
      most,
      ", got ",
      value);
}

} // namespace

page::Colour parse_colour(const std::string& text, const std::string& where) {
  constexpr auto kDigits = "0123456789abcdefABCDEF";
  check(
      text.size() == 7 && text[0] == '#' &&
          text.find_first_not_of(kDigits, 1) == std::string::npos,
      where,
      ": expected a colour such as \"#1a2b3c\", got \"",
      text,
      "\"");
  const auto channel = [&](size_t at) {
    return static_cast<uint8_t>(std::stoi(text.substr(at, 2), nullptr, 16));
  };
  return {channel(1), channel(3), channel(5)};
}

PageStyle in_pixels(const PageStyle& style) {
  PageStyle scaled = style;
  const double scale = style.dpi / kPxPerInch;
  const auto whole_pixels = [&](double px) {
    return static_cast<int64_t>(std::lround(px * scale));
  };
  if (const Paper* paper = find_paper(style.paper)) {
    scaled.page_width_px =
        whole_pixels(paper->width_mm / kMmPerInch * kPxPerInch);
    scaled.page_height_px =
        whole_pixels(paper->height_mm / kMmPerInch * kPxPerInch);
  } else {
    scaled.page_width_px =
        whole_pixels(static_cast<double>(style.page_width_px));
    scaled.page_height_px =
        whole_pixels(static_cast<double>(style.page_height_px));
  }
  for (double* length :
       {&scaled.margin_top_px,
        &scaled.margin_right_px,
        &scaled.margin_bottom_px,
        &scaled.margin_left_px,
        &scaled.font_size_px,
        &scaled.paragraph_spacing_px,
        &scaled.first_line_indent_px,
        &scaled.column_gap_px}) {
    *length *= scale;
  }
  scaled.paper.clear();
  scaled.dpi = kPxPerInch;
  return scaled;
}

void validate(const PageStyle& style, const std::string& where) {
  if (!style.paper.empty()) {
    check(
        find_paper(style.paper) != nullptr,
        where,
        ".paper: expected \"a3\", \"a4\", \"a5\", \"letter\" or \"legal\", "
        "got \"",
        style.paper,
        "\"");
    const PageStyle defaults;
    check(
        style.page_width_px == defaults.page_width_px &&
            style.page_height_px == defaults.page_height_px,
        where,
        ": paper \"",
        style.paper,
        "\" is a page size; remove page_width_px and page_height_px, or "
        "paper");
  }
  check_range(style.dpi, 8, 2400, where, "dpi");
  check_range(style.page_width_px, 1, 1 << 16, where, "page_width_px");
  check_range(style.page_height_px, 1, 1 << 16, where, "page_height_px");
  check_range(style.font_size_px, 1, 1000, where, "font_size_px");
  check_range(style.line_height, 0.5, 10, where, "line_height");
  check_range(style.columns, 1, 64, where, "columns");
  constexpr double kMaxLength = 1 << 16;
  check_range(style.margin_top_px, 0, kMaxLength, where, "margin_top_px");
  check_range(style.margin_right_px, 0, kMaxLength, where, "margin_right_px");
  check_range(style.margin_bottom_px, 0, kMaxLength, where, "margin_bottom_px");
  check_range(style.margin_left_px, 0, kMaxLength, where, "margin_left_px");
  check_range(style.column_gap_px, 0, kMaxLength, where, "column_gap_px");
  check_range(
      style.paragraph_spacing_px, 0, kMaxLength, where, "paragraph_spacing_px");
  check_range(
      style.first_line_indent_px, 0, kMaxLength, where, "first_line_indent_px");
  const auto text = parse_colour(style.text_colour, where + ".text_colour");
  const auto background =
      parse_colour(style.background_colour, where + ".background_colour");
  check(
      text != background,
      where,
      ": text_colour and background_colour are both \"",
      style.text_colour,
      "\"; expected two colours");

  const PageStyle pixels = in_pixels(style);
  check(
      pixels.page_width_px >= 1 && pixels.page_height_px >= 1 &&
          pixels.page_width_px <= page::kMaxPixels / pixels.page_height_px,
      where,
      ": a page of ",
      pixels.page_width_px,
      " x ",
      pixels.page_height_px,
      " pixels; expected 1 to ",
      page::kMaxPixels,
      " pixels");
  const double column = column_width(pixels);
  check(
      column >= pixels.font_size_px + pixels.first_line_indent_px,
      where,
      ": a column is ",
      column,
      " px wide, less than one character of ",
      pixels.font_size_px,
      " px; lower the margins, the columns or the font size");
  const double height = static_cast<double>(pixels.page_height_px) -
      pixels.margin_top_px - pixels.margin_bottom_px;
  check(
      height >= pixels.font_size_px * pixels.line_height,
      where,
      ": ",
      height,
      " px between the margins are less than one line of ",
      pixels.font_size_px * pixels.line_height,
      " px; lower the margins or the font size");
}

double column_width(const PageStyle& style) {
  const double columns = static_cast<double>(style.columns);
  return (static_cast<double>(style.page_width_px) - style.margin_left_px -
          style.margin_right_px - (columns - 1) * style.column_gap_px) /
      columns;
}

} // namespace microfiche::rendering
