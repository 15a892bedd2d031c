#include "memory/curve/curve_report.h"

#include "core/error.h"
#include "core/files.h"
#include "memory/curve/curve_charts.h"
#include "memory/curve/curve_tables.h"
#include "report/html.h"

#include <algorithm>

namespace microfiche::memory::curve {
namespace {

using report::escape_html;

std::string table_card(const std::string& label, const Table& table) {
  return concat(
      "<div class=\"card\">", report::table_html(label, table), "</div>\n");
}

std::string figure_of(const report::ReportFigure& figure) {
  return report::figure_html(figure.name, figure.chart, figure.caption);
}

std::string paragraphs(
    const std::vector<std::string>& list,
    const char* css_class) {
  std::string html;
  for (const auto& text : list) {
    html +=
        concat("<p class=\"", css_class, "\">", escape_html(text), "</p>\n");
  }
  return html;
}

std::string lead_html(const RecallCurve& curve) {
  auto notes = caveats(curve);
  std::string html = paragraphs(findings(curve), "lead");
  if (curve.is_sketch()) {
    html += paragraphs({notes.front()}, "note");
    notes.erase(notes.begin());
  }
  return html + paragraphs(notes, "dim");
}

std::string data_html(const CurveReport& report) {
  return concat(
      "<p class=\"dim\">All numbers of this report, without the timeline.</p>\n"
      "<p class=\"key\"><button type=\"button\" class=\"button\" "
      "data-json=\"curve\" data-file=\"curve.json\" hidden>curve.json</button>"
      "</p>\n<script type=\"application/json\" id=\"curve\">",
      report::json_for_script(curve_json(report)),
      "</script>\n");
}

} // namespace

CurveReport load_curve_report(
    Store& store,
    const std::vector<Series>& all_series,
    size_t series,
    const CurveOptions& options,
    int64_t timeline_pages) {
  CurveReport report;
  report.curve = make_curve(store, all_series.at(series), options);
  if (all_series.size() > 1) {
    report.front = make_front(store, all_series, options);
  }
  if (timeline_pages > 0) {
    const auto& plans = report.curve.series.plans;
    const auto newest = std::max_element(plans.begin(), plans.end());
    report.timeline = load_timeline(
        store,
        *newest,
        timeline_pages,
        options.method,
        report.curve.series.runs[static_cast<size_t>(newest - plans.begin())]);
  }
  return report;
}

Json curve_json(const CurveReport& report) {
  auto json = to_json(report.curve);
  json["budget_front"] =
      report.front.points.empty() ? Json(nullptr) : to_json(report.front);
  return json;
}

std::string terminal_text(const CurveReport& report) {
  const auto& curve = report.curve;
  auto text =
      concat(curve.series.name, "\n\n", to_text(age_table(curve)), "\n");
  text += to_text(method_table(curve)) + "\n";
  text += to_text(mode_table(curve)) + "\n";
  if (!curve.fits.empty()) {
    text += to_text(fit_table(curve)) + "\n";
  }
  if (!report.front.points.empty()) {
    text += to_text(front_table(report.front)) + "\n";
  }
  for (const auto& list : {findings(curve), caveats(curve)}) {
    for (const auto& sentence : list) {
      text += sentence + "\n";
    }
  }
  return text;
}

std::string curve_document(const CurveReport& report) {
  const auto& curve = report.curve;
  report::HtmlSections sections;
  sections.add(
      "Recall over age",
      figure_of(recall_figure(curve)) +
          table_card("Recall by age", age_table(curve)) +
          table_card("Recall by method", method_table(curve)));
  sections.add(
      "Outcomes",
      figure_of(outcome_figure(curve)) +
          table_card("Recall by kind of fact", kind_table(curve)));
  sections.add(
      "Place on the page",
      figure_of(place_figure(curve)) +
          table_card("Recall by place", place_table(curve)));
  const auto cost = cost_figure(curve);
  sections.add(
      "Cost",
      (cost.chart.y.names.empty() ? std::string() : figure_of(cost)) +
          table_card("Recall by mode", mode_table(curve)));
  if (!curve.fits.empty()) {
    sections.add(
        "Forgetting models",
        paragraphs(
            {"The lowest AICc fits best. The step model has one level per "
             "mode; if it wins, the curve shows the policy."},
            "dim") +
            table_card("Forgetting models", fit_table(curve)));
  }
  if (!report.front.points.empty()) {
    sections.add(
        "Budget",
        figure_of(front_figure(report.front, curve.options)) +
            table_card("Recall by plan", front_table(report.front)));
  }
  if (report.timeline) {
    sections.add("Timeline", timeline_html(*report.timeline));
  }
  sections.add("Data", data_html(report));
  return report::html_document(
      "Recall over age: " + curve.series.name,
      lead_html(curve) + sections.html());
}

void write_curve_report(
    const CurveReport& report,
    const std::filesystem::path& folder) {
  write_file(folder / "curve.csv", to_csv(curve_csv(report.curve)));
  write_json_file(folder / "curve.json", curve_json(report));
  if (!report.front.points.empty()) {
    write_file(folder / "budget.csv", to_csv(front_table(report.front)));
  }
  write_file(folder / "report.html", curve_document(report));
}

} // namespace microfiche::memory::curve
