#include "report/report.h"

#include <map>

#include "core/error.h"
#include "core/files.h"
#include "analysis/summary_table.h"

namespace microfiche::report {

namespace {

/// Runs in folders of one name get numbers.
void tell_apart(std::vector<analysis::SummarizedRun>& runs) {
  std::map<std::string, int> seen;
  for (auto& run : runs) {
    const int number = ++seen[run.name];
    if (number > 1) {
      run.name += concat(" ", number);
    }
  }
}

} // namespace

Report make_report(
    std::vector<analysis::SummarizedRun> runs,
    const RunComparison& comparison) {
  tell_apart(runs);
  auto sections = sections_of(runs, comparison);
  return {std::move(runs), std::move(sections)};
}

void write_charts(const Report& report, const std::filesystem::path& folder) {
  std::filesystem::create_directories(folder);
  for (const auto& section : report.sections) {
    for (const auto& figure : section.figures) {
      write_file(folder / (figure.name + ".svg"), to_svg(figure.chart));
    }
  }
}

void write_reports(const analysis::SummarizedRun& run) {
  const auto& folder = run.run.folder;
  write_json_file(folder / "summary.json", to_json(run.summary));
  write_file(folder / "summary.csv", to_csv(analysis::full_table(run.summary)));
  const auto report = make_report({run});
  write_charts(report, folder / "charts");
  write_file(folder / "report.html", html_report(report));
  write_file(folder / "report.md", markdown_report(report, "charts"));
}

} // namespace microfiche::report
