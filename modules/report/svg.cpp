#include "report/svg.h"

#include <cmath>

#include "core/error.h"
#include "core/table.h"
#include "report/html.h"

namespace microfiche::report {

std::string svg_number(double value) {
  // Adding zero turns -0 into 0.
  return exact(std::round(value * 100) / 100 + 0.0);
}

std::string svg_element(
    std::string_view name,
    const SvgAttributes& attributes,
    const std::string& content) {
  auto element = concat("<", name);
  for (const auto& [key, value] : attributes) {
    element += concat(" ", key, "=\"", escape_html(value), "\"");
  }
  return content.empty() ? element + "/>\n"
                         : concat(element, ">", content, "</", name, ">\n");
}

std::string svg_text(
    double x,
    double y,
    std::string_view anchor,
    const std::string& text,
    const std::string& css_class) {
  SvgAttributes attributes = {
      {"x", svg_number(x)},
      {"y", svg_number(y)},
      {"text-anchor", std::string(anchor)}};
  if (!css_class.empty()) {
    attributes.emplace_back("class", css_class);
  }
  return svg_element("text", attributes, escape_html(text));
}

std::string svg_line(
    const std::string& css_class,
    double x1,
    double y1,
    double x2,
    double y2,
    const SvgAttributes& further) {
  SvgAttributes attributes = {
      {"class", css_class},
      {"x1", svg_number(x1)},
      {"y1", svg_number(y1)},
      {"x2", svg_number(x2)},
      {"y2", svg_number(y2)}};
  attributes.insert(attributes.end(), further.begin(), further.end());
  return svg_element("line", attributes);
}

} // namespace microfiche::report
