#pragma once

#include <string>
#include <string_view>

#include "core/json.h"
#include "core/table.h"
#include "report/chart.h"

namespace microfiche::report {

/// Escapes text for the body or an attribute of an HTML or SVG document.
/// Control characters, which a model may emit, become visible symbols (U+2400
/// ...).
std::string escape_html(std::string_view text);

/// A complete document in the style of reports. Its content security policy
/// forbids loading anything from elsewhere.
std::string html_document(const std::string& title, const std::string& body);

/// A chart with its caption, a button that saves it as NAME.svg, and a table of
/// its values. A wide chart scrolls in its own box.
std::string figure_html(
    const std::string& name,
    const Chart& chart,
    const std::string& caption);

/// A sortable table that scrolls in its own box. `label` is for screen readers.
std::string table_html(const std::string& label, const Table& table);

/// A box that is collapsed to its title until it is opened.
std::string collapsible_html(const std::string& title, const std::string& html);

/// The sections of a document with a table of contents that links to them.
class HtmlSections {
 public:
  void add(const std::string& heading, const std::string& html);

  /// The table of contents and the sections in their order.
  std::string html() const;

 private:
  std::string contents_;
  std::string sections_;
};

/// JSON for a `<script type="application/json">`, with "<" escaped so that a
/// string cannot close the element.
std::string json_for_script(const Json& json);

} // namespace microfiche::report
