#include "report/write_report.h"

#include <algorithm>

#include "analysis/run_tables.h"
#include "analysis/summary_table.h"
#include "core/error.h"
#include "core/files.h"
#include "core/terminal.h"

namespace microfiche::report {

namespace fs = std::filesystem;

namespace {

void write_charts(const Report& report, const fs::path& folder) {
  fs::create_directories(folder);
  for (const auto& section : report.sections) {
    for (const auto& figure : section.figures) {
      write_file(folder / (figure.name + ".svg"), to_svg(figure.chart));
    }
  }
}

void write_tables(const analysis::RunAnalysis& run, const fs::path& folder) {
  write_json_file(folder / "summary.json", to_json(run.summary));
  write_file(folder / "summary.csv", to_csv(analysis::full_table(run.summary)));
  for (const auto& table : analysis::run_tables(run)) {
    write_file(folder / (table.name + ".csv"), to_csv(table.table));
  }
}

void write_predictions(const sweep::Run& run) {
  for (const auto& sample : run.samples) {
    if (sample.page.image_name) {
      auto cell = sweep::name_of(sample.cell);
      std::replace(cell.begin(), cell.end(), '/', '_');
      const auto folder = run.folder / "predictions" / cell;
      fs::create_directories(folder);
      write_file(
          folder / fs::path(*sample.page.image_name).replace_extension(".md"),
          sample.reading.text);
    }
  }
}

} // namespace

void write_report(const Report& report, const fs::path& file) {
  if (file.extension() == ".md") {
    const auto charts = file.stem().string() + "_charts";
    write_charts(report, file.parent_path() / charts);
    write_file(file, markdown_report(report, charts));
  } else {
    write_file(file, html_report(report));
  }
  say("report: " + file.string());
}

void write_run_report(const Report& report) {
  const auto& run = report.runs.front();
  const auto& folder = run.run.folder;
  write_tables(run, folder);
  write_predictions(run.run);
  write_charts(report, folder / "charts");
  write_file(folder / "report.md", markdown_report(report, "charts"));
  write_report(report, folder / "report.html");
}

} // namespace microfiche::report
