#pragma once

#include <string>
#include <string_view>

#include "core/json.h"
#include "core/table.h"
#include "report/chart.h"

namespace microfiche::report {

/// Text for the body or an attribute of an HTML or SVG document. Control
/// characters, which a model may emit, become their pictures (U+2400 ...).
std::string escape_html(std::string_view text);

/// A whole document in the reports' style, which may ask for nothing from
/// anywhere: its content policy forbids it.
std::string html_document(const std::string& title, const std::string& body);

/// A chart with its caption, a button that saves it as NAME.svg, and its values
/// as a table. A chart that is wider than the page scrolls in its own box.
std::string figure_html(
    const std::string& name,
    const Chart& chart,
    const std::string& caption);

/// A table, which scrolls in its own box and can be sorted. `label` says what
/// it is.
std::string table_html(const std::string& label, const Table& table);

/// Something that stands behind its title.
std::string collapsible_html(const std::string& title, const std::string& html);

/// JSON for a `<script type="application/json">`, which `</script>` in a string
/// must not end.
std::string json_for_script(const Json& json);

} // namespace microfiche::report
