#include "command.h"
#include "write_report.h"

#include "core/error.h"
#include "core/files.h"
#include "core/terminal.h"
#include "experiments/analysis/run_tables.h"
#include "experiments/report/report.h"
#include "experiments/report/training_report.h"

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace microfiche::apps {
namespace {

struct ReportOptions {
  CommonOptions common;
  std::vector<std::string> folders;
  std::string output;
};

void report(const ReportOptions& options) {
  verbosity().quiet = options.common.quiet;
  const std::filesystem::path first = options.folders.front();
  if (experiments::is_training_run(first)) {
    check<UsageError>(
        options.folders.size() == 1,
        first.string(),
        " is a training run, which is reported alone");
    const auto file = options.output.empty() ? (first / "report.html").string()
                                             : options.output;
    write_file(file, experiments::html_training_report(first));
    say("report: " + file);
    return;
  }
  std::vector<experiments::SummarizedRun> runs;
  for (const auto& folder : options.folders) {
    runs.push_back(experiments::load_summarized_run(folder));
  }
  if (options.output.empty() && runs.size() == 1) {
    experiments::write_reports(runs.front());
    experiments::write_tables(runs.front());
    say("report: " + (runs.front().run.folder / "report.html").string());
    return;
  }
  write_report(
      experiments::make_report(std::move(runs)),
      options.output.empty() ? "report.html" : options.output);
}

} // namespace

void write_report(
    const experiments::Report& report,
    const std::filesystem::path& file) {
  if (file.extension() == ".md") {
    const auto charts = file.stem().string() + "_charts";
    experiments::write_charts(report, file.parent_path() / charts);
    write_file(file, experiments::markdown_report(report, charts));
  } else {
    write_file(file, experiments::html_report(report));
  }
  say("report: " + file.string());
}

void add_report(CLI::App& app) {
  auto options = std::make_shared<ReportOptions>();
  auto* command = app.add_subcommand(
      "report",
      "microfiche report runs/nano runs/other -o both.html\n\n"
      "Computes the report of one or several sweeps anew from their samples; "
      "one sweep without -o gets all of its files again. A training run gets "
      "its curves.");
  command->add_option("folder", options->folders, "Run folders")->required();
  command
      ->add_option(
          "-o,--output",
          options->output,
          "File to write, .html or .md; - is stdout")
      ->type_name("FILE");
  add_quiet_option(*command, options->common);
  command->callback([options] { report(*options); });
}

} // namespace microfiche::apps
