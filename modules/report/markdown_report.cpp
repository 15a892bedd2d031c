#include "analysis/summary_table.h"
#include "core/error.h"
#include "report/report.h"
#include "report/report_text.h"

namespace microfiche::report {

std::string markdown_report(const Report& report, const std::string& charts) {
  const bool several = report.runs.size() > 1;
  auto text = concat("# ", report.runs.front().summary.title, "\n\n");
  for (const auto& run : report.runs) {
    text += concat(
        several ? "**" + run.name + "**: " : "",
        headline_sentence(run.summary),
        "\n\n",
        analysis::summary_notes(run.summary),
        "\n\n",
        provenance_line(run),
        "\n\n");
  }
  for (const auto& section : report.sections) {
    text += concat("## ", section.heading, "\n\n");
    if (!section.text.empty()) {
      text += section.text + "\n\n";
    }
    for (const auto& figure : section.figures) {
      text += concat(
          "![",
          figure.chart.title,
          "](",
          charts,
          "/",
          figure.name,
          ".svg)\n\n");
      if (!figure.caption.empty()) {
        text += figure.caption + "\n\n";
      }
    }
    for (const auto& table : section.tables) {
      text += concat(table.title, ":\n\n", to_markdown(table.table), "\n");
    }
  }
  return text;
}

} // namespace microfiche::report
