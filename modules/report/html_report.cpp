#include <set>

#include "analysis/run_tables.h"
#include "analysis/summary_table.h"
#include "core/config.h"
#include "core/crypto.h"
#include "core/error.h"
#include "report/gallery.h"
#include "report/html.h"
#include "report/report.h"
#include "report/report_text.h"

namespace microfiche::report {
namespace {

std::string paragraph(const std::string& text, const char* css_class) {
  return text.empty()
      ? ""
      : concat("<p class=\"", css_class, "\">", escape_html(text), "</p>\n");
}

std::string lead_html(const analysis::RunAnalysis& run, bool several) {
  return concat(
      "<p class=\"lead\">",
      several ? "<b>" + escape_html(run.name) + "</b>: " : "",
      escape_html(headline_sentence(run.summary)),
      "</p>\n",
      paragraph(analysis::few_pages_note(run.summary), "note"),
      paragraph(analysis::method_note(run.summary), "dim"),
      paragraph(provenance_line(run), "dim"));
}

std::string section_html(const ReportSection& section) {
  auto html = paragraph(section.text, "dim");
  for (const auto& figure : section.figures) {
    html += figure_html(figure.name, figure.chart, figure.caption);
  }
  for (const auto& table : section.tables) {
    html += table.collapsed
        ? collapsible_html(table.title, table_html(table.title, table.table))
        : concat(
              "<div class=\"card\">",
              table_html(table.title, table.table),
              "</div>\n");
  }
  return html;
}

/// One row per sample, without its texts.
Json rows_json(const std::vector<analysis::RunAnalysis>& runs) {
  Json rows = Json::array();
  for (const auto& run : runs) {
    for (const auto& sample : run.run.samples) {
      auto row = to_json(sample);
      row.erase("reference");
      row.erase("prediction");
      row.erase("confidence");
      row["run"] = run.name;
      rows.push_back(std::move(row));
    }
  }
  return rows;
}

std::string csv_link(const std::string& file, const Table& table) {
  return concat(
      "<a class=\"button\" download=\"",
      escape_html(file),
      "\" href=\"data:text/csv;charset=utf-8;base64,",
      base64_encode(to_csv(table)),
      "\">",
      escape_html(file),
      "</a>\n");
}

std::string downloads_html(const std::vector<analysis::RunAnalysis>& runs) {
  std::string links;
  Json summaries = Json::object();
  for (const auto& run : runs) {
    const auto prefix = runs.size() > 1 ? run.name + "_" : "";
    links +=
        csv_link(prefix + "summary.csv", analysis::full_table(run.summary));
    for (const auto& table : analysis::run_tables(run)) {
      links += csv_link(prefix + table.name + ".csv", table.table);
    }
    summaries[run.name] = to_json(run.summary);
  }
  return concat(
      "<p class=\"dim\">The data behind the charts, all inside this file. A row of "
      "samples.json is a page, without its texts.</p>\n"
      "<p class=\"key\">\n",
      links,
      "<button type=\"button\" class=\"button\" data-json=\"rows\" "
      "data-file=\"samples.json\" hidden>samples.json</button>\n"
      "<button type=\"button\" class=\"button\" data-json=\"summary\" "
      "data-file=\"summary.json\" hidden>summary.json</button>\n</p>\n"
      "<script type=\"application/json\" id=\"rows\">",
      json_for_script(rows_json(runs)),
      "</script>\n<script type=\"application/json\" id=\"summary\">",
      json_for_script(summaries),
      "</script>\n");
}

std::string pages_html(const analysis::RunAnalysis& run) {
  return concat(
      "<p class=\"dim\">The first pages of each cell, without selection.</p>\n"
      "<p class=\"key\"><span><del>missing</del></span><span><ins>added</ins>"
      "</span><span><del class=\"s\">written</del><ins class=\"s\">read"
      "</ins></span></p>\n",
      gallery_html(run));
}

std::string provenance_html(const analysis::RunAnalysis& run) {
  const auto json = [](const char* title, const Json& value) {
    return collapsible_html(
        title,
        concat("<pre tabindex=\"0\">", escape_html(value.dump(2)), "</pre>"));
  };
  return json("Environment", run.run.environment) +
      json("Config", write_config(run.run.config));
}

} // namespace

std::string html_report(const Report& report) {
  const bool several = report.runs.size() > 1;
  HtmlSections body;
  for (const auto& section : report.sections) {
    body.add(section.heading, section_html(section));
  }
  std::string lead;
  for (const auto& run : report.runs) {
    const auto of_run = several ? ": " + run.name : "";
    lead += lead_html(run, several);
    body.add("Pages" + of_run, pages_html(run));
    body.add("Provenance" + of_run, provenance_html(run));
  }
  body.add("Data", downloads_html(report.runs));
  return html_document(report.runs.front().summary.title, lead + body.html());
}

} // namespace microfiche::report
