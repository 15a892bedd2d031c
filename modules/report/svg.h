#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace microfiche::report {

/// A coordinate, rounded to two digits after the point.
std::string svg_number(double value);

using SvgAttributes = std::vector<std::pair<std::string_view, std::string>>;

/// An element on its own line. Attributes are escaped, `content` is not.
std::string svg_element(
    std::string_view name,
    const SvgAttributes& attributes,
    const std::string& content = "");

/// Text at a position; `anchor` is start, middle or end.
std::string svg_text(
    double x,
    double y,
    std::string_view anchor,
    const std::string& text,
    const std::string& css_class = "");

/// A straight line.
std::string svg_line(
    const std::string& css_class,
    double x1,
    double y1,
    double x2,
    double y2,
    const SvgAttributes& further = {});

} // namespace microfiche::report
