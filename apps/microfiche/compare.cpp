#include "command.h"

#include "core/error.h"
#include "core/files.h"
#include "core/terminal.h"
#include "analysis/compare.h"
#include "analysis/run_analysis.h"
#include "report/write_report.h"

#include <memory>
#include <string>

namespace microfiche::apps {
namespace {

struct CompareOptions {
  CommonOptions common;
  std::string first;
  std::string second;
  std::string metric;
  std::string format = "table";
  std::string output;
};

void compare(const CompareOptions& options) {
  verbosity().quiet = options.common.quiet;
  const auto first = analysis::read_finished_pages(options.first);
  const auto second = analysis::read_finished_pages(options.second);
  const auto comparison =
      analysis::compare_runs(first, second, options.metric);
  if (!options.output.empty()) {
    report::write_report(
        report::make_report(
            {analysis::analyze_run(first), analysis::analyze_run(second)},
            comparison),
        options.output);
    return;
  }
  const auto table = analysis::comparison_table(comparison.cells);
  const auto notes = analysis::comparison_notes(comparison);
  if (options.format == "json") {
    write_file("-", to_json(comparison).dump(2) + "\n");
  } else if (options.format == "csv") {
    write_file("-", to_csv(table));
  } else if (options.format == "md") {
    write_file("-", concat(to_markdown(table), "\n", notes, "\n"));
  } else {
    write_file("-", concat(to_text(table), "\n", notes, "\n"));
  }
}

} // namespace

void add_compare(CLI::App& app) {
  auto options = std::make_shared<CompareOptions>();
  auto* command = app.add_subcommand(
      "compare",
      "microfiche compare runs/before runs/after -o both.html\n\n"
      "Paired test of two sweeps over the same pages, by cell and over all.");
  command->add_option("first", options->first, "Run folder")->required();
  command->add_option("second", options->second, "Run folder")->required();
  command->add_option(
      "--metric",
      options->metric,
      "Metric to compare; the profile's own when left out");
  command->add_option("--format", options->format, "What is written to stdout")
      ->check(CLI::IsMember({"table", "json", "csv", "md"}))
      ->capture_default_str();
  command
      ->add_option(
          "-o,--output",
          options->output,
          "Draw both runs and their differences into a file, .html or .md, "
          "instead")
      ->type_name("FILE");
  add_quiet_option(*command, options->common);
  command->callback([options] { compare(*options); });
}

} // namespace microfiche::apps
