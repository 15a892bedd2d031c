#include "report/html.h"

#include <algorithm>
#include <cctype>
#include <cstdint>

#include "core/error.h"
#include "core/utf8.h"
#include "report/report_style.h"

namespace microfiche::report {

namespace {

/// A box that can be scrolled, also by keyboard.
std::string scroll_box(const std::string& label, const std::string& html) {
  return concat(
      "<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"",
      label,
      "\">\n",
      html,
      "</div>\n");
}

/// Whether every cell of a column starts like a number.
bool is_numeric(const Table& table, size_t column) {
  return std::all_of(
      table.rows.begin(), table.rows.end(), [&](const auto& row) {
        const auto& cell = row[column];
        return cell.empty() ||
            std::string_view("0123456789-[").find(cell.front()) !=
            std::string_view::npos;
      });
}

/// "modes-and-lengths" of "Modes and lengths".
std::string slug(const std::string& heading) {
  std::string id;
  for (const char c : heading) {
    const bool letter = std::isalnum(static_cast<unsigned char>(c)) != 0;
    if (letter) {
      id += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    } else if (!id.empty() && id.back() != '-') {
      id += '-';
    }
  }
  return id;
}

} // namespace

std::string escape_html(std::string_view text) {
  std::string escaped;
  for (const char32_t c : decode_utf8(text).text) {
    switch (c) {
      case U'&':
        escaped += "&amp;";
        break;
      case U'<':
        escaped += "&lt;";
        break;
      case U'>':
        escaped += "&gt;";
        break;
      case U'"':
        escaped += "&quot;";
        break;
      default: {
        const bool control = c < 0x20 && c != U'\n' && c != U'\t';
        const char32_t shown = control ? 0x2400 + c : c;
        escaped += encode_utf8({&shown, 1});
      }
    }
  }
  return escaped;
}

std::string html_document(const std::string& title, const std::string& body) {
  return concat(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, "
      "initial-scale=1\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src "
      "'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src "
      "data:\">\n<link rel=\"icon\" href=\"data:,\">\n<title>",
      escape_html(title),
      "</title>\n<style>",
      kReportStyle,
      "</style>\n</head>\n<body>\n<a class=\"skip\" href=\"#main\">Skip to the "
      "report</a>\n<main id=\"main\" tabindex=\"-1\">\n<h1>",
      escape_html(title),
      "</h1>\n",
      body,
      "</main>\n<script>",
      kReportScript,
      "</script>\n</body>\n</html>\n");
}

std::string figure_html(
    const std::string& name,
    const Chart& chart,
    const std::string& caption) {
  const auto title = escape_html(chart.title);
  return concat(
      "<figure>\n",
      scroll_box("Chart: " + title, to_svg(chart)),
      "<figcaption>",
      escape_html(caption),
      "</figcaption>\n<div class=\"tools\"><button type=\"button\" "
      "class=\"button\" data-svg=\"",
      escape_html(name),
      "\" hidden>SVG<span class=\"unseen\"> of ",
      title,
      "</span></button>\n<details><summary>Values<span class=\"unseen\"> of ",
      title,
      "</span></summary>",
      table_html("Values of " + chart.title, values_of(chart)),
      "</details></div>\n</figure>\n");
}

std::string table_html(const std::string& label, const Table& table) {
  std::string html = "<table class=\"sortable\">\n<thead><tr>";
  const auto text_class = [&](size_t column) {
    return is_numeric(table, column) ? "" : " class=\"t\"";
  };
  for (size_t column = 0; column < table.header.size(); ++column) {
    html += concat(
        "<th scope=\"col\"",
        text_class(column),
        ">",
        escape_html(table.header[column]),
        "</th>");
  }
  html += "</tr></thead>\n<tbody>\n";
  for (const auto& row : table.rows) {
    html += "<tr>";
    for (size_t column = 0; column < row.size(); ++column) {
      html += concat(
          "<td", text_class(column), ">", escape_html(row[column]), "</td>");
    }
    html += "</tr>\n";
  }
  return scroll_box(
      "Table: " + escape_html(label), html + "</tbody></table>\n");
}

std::string collapsible_html(
    const std::string& title,
    const std::string& html) {
  return concat(
      "<details class=\"card\"><summary>",
      escape_html(title),
      "</summary>",
      html,
      "</details>\n");
}

std::string json_for_script(const Json& json) {
  std::string text = json.dump();
  for (size_t at = 0; (at = text.find('<', at)) != std::string::npos;) {
    text.replace(at, 1, "\\u003c");
  }
  return text;
}

void HtmlSections::add(const std::string& heading, const std::string& html) {
  const auto id = slug(heading);
  contents_ +=
      concat("<li><a href=\"#", id, "\">", escape_html(heading), "</a></li>\n");
  sections_ += concat(
      "<section aria-labelledby=\"",
      id,
      "\">\n<h2 id=\"",
      id,
      "\">",
      escape_html(heading),
      "</h2>\n",
      html,
      "</section>\n");
}

std::string HtmlSections::html() const {
  return concat(
      "<nav aria-label=\"Contents\"><ul>\n",
      contents_,
      "</ul></nav>\n",
      sections_);
}

} // namespace microfiche::report
