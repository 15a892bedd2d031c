#include "sweep/sweep_style.h"

#include <algorithm>

namespace microfiche::sweep {

std::vector<SweepStyle> expand(
    const SweepStyle& style,
    const std::string& where) {
  auto plain = style;
  plain.vary.clear();
  std::vector<SweepStyle> styles = {plain};
  for (const auto& [path, values] : style.vary) {
    std::vector<SweepStyle> varied;
    for (const auto& one : styles) {
      for (const auto& value : values) {
        auto json = write_config(one);
        apply_override(json, path + "=" + value.dump());
        auto text = value.is_string() ? value.get<std::string>() : value.dump();
        std::replace(text.begin(), text.end(), '/', '_');
        json["name"] = concat(one.name, ",", path, "=", text);
        varied.push_back(read_config<SweepStyle>(
            json, concat(where, ": style \"", style.name, "\", vary")));
      }
    }
    styles = std::move(varied);
  }
  return styles;
}

std::vector<std::string> fonts_of(const SweepStyle& style) {
  return style.layout ? std::vector{style.layout->font} : style.fonts;
}

void validate(const SweepStyle& style, const std::string& where) {
  check(!style.name.empty(), where, ".name must not be empty");
  check(
      style.name.find_first_of("/\\") == std::string::npos,
      where,
      ".name must not have slashes, got ",
      style.name);
  check(
      !style.layout || style.sizes.empty(),
      where,
      ": sizes have no effect beside layout, which has a font size of its own");
  for (const auto& [path, values] : style.vary) {
    check(!values.empty(), where, ".vary.", path, " must have a value");
    check(
        path != "name" && path != "vary",
        where,
        ".vary: ",
        path,
        " cannot be varied");
  }
  check(
      !style.grid || !style.sizes.empty(),
      where,
      ".grid: needs sizes, from which it takes the width of a character");
  check(!style.fonts.empty(), where, ".fonts must name at least one font");
  check(
      style.margin >= 0 && style.margin < 0.5,
      where,
      ".margin must be in [0, 0.5), a fraction of the page's side, got ",
      style.margin);
  check(
      style.line_height >= 0.5 && style.line_height <= 10,
      where,
      ".line_height must be in [0.5, 10], got ",
      style.line_height);
  check(
      0 < style.min_font_size_px &&
          style.min_font_size_px <= style.max_font_size_px,
      where,
      ".min_font_size_px must be positive and at most max_font_size_px, got ",
      style.min_font_size_px,
      " and ",
      style.max_font_size_px);
  rendering::parse_colour(style.text_colour, where + ".text_colour");
  rendering::parse_colour(
      style.background_colour, where + ".background_colour");
}

} // namespace microfiche::sweep
