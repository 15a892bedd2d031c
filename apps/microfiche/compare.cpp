#include "command.h"

#include "analysis/compare.h"
#include "analysis/run_analysis.h"
#include "core/error.h"
#include "core/files.h"
#include "core/terminal.h"
#include "report/write_report.h"

#include <memory>
#include <string>

namespace microfiche::apps {
namespace {

struct CompareArguments {
  CommonArguments common;
  std::string first;
  std::string second;
  std::string metric;
  std::string format = "table";
  std::string output;
};

void compare(const CompareArguments& arguments) {
  verbosity().quiet = arguments.common.quiet;
  const auto first = analysis::read_finished_pages(arguments.first);
  const auto second = analysis::read_finished_pages(arguments.second);
  const auto comparison =
      analysis::compare_runs(first, second, arguments.metric);
  if (!arguments.output.empty()) {
    report::write_report(
        report::make_report(
            {analysis::analyze_run(first), analysis::analyze_run(second)},
            comparison),
        arguments.output);
    return;
  }
  const auto table = analysis::comparison_table(comparison.cells);
  const auto notes = analysis::comparison_notes(comparison);
  if (arguments.format == "json") {
    write_file("-", to_json(comparison).dump(2) + "\n");
  } else if (arguments.format == "csv") {
    write_file("-", to_csv(table));
  } else if (arguments.format == "md") {
    write_file("-", concat(to_markdown(table), "\n", notes, "\n"));
  } else {
    write_file("-", concat(to_text(table), "\n", notes, "\n"));
  }
}

} // namespace

void add_compare(CLI::App& app) {
  auto arguments = std::make_shared<CompareArguments>();
  auto* command = app.add_subcommand(
      "compare",
      "microfiche compare runs/before runs/after -o both.html\n\n"
      "Paired test of two sweeps over the same pages, per cell and overall.");
  command->add_option("first", arguments->first, "Run folder")->required();
  command->add_option("second", arguments->second, "Run folder")->required();
  command->add_option(
      "--metric",
      arguments->metric,
      "Metric to compare; default: the profile's");
  command
      ->add_option("--format", arguments->format, "What is written to stdout")
      ->check(CLI::IsMember({"table", "json", "csv", "md"}))
      ->capture_default_str();
  command
      ->add_option(
          "-o,--output",
          arguments->output,
          "Draw both runs and their differences into a file, .html or .md, "
          "instead")
      ->type_name("FILE");
  add_quiet_option(*command, arguments->common);
  command->callback([arguments] { compare(*arguments); });
}

} // namespace microfiche::apps
