#include "command.h"
#include "write_report.h"

#include "core/error.h"
#include "core/files.h"
#include "core/json.h"
#include "core/terminal.h"
#include "analysis/compare.h"
#include "metrics/score.h"

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

Json to_json(
    const std::vector<analysis::CellComparison>& cells,
    const std::string& metric) {
  Json rows = Json::array();
  for (const auto& cell : cells) {
    const auto& difference = cell.paired.difference;
    rows.push_back(
        {{"cell", cell.cell},
         {"pages", cell.paired.pages},
         {"first", cell.first},
         {"second", cell.second},
         {"difference",
          {{"mean", difference.mean},
           {"low", difference.low},
           {"high", difference.high},
           {"bca_low", difference.bca_low},
           {"bca_high", difference.bca_high}}},
         {"few_pages", cell.paired.pages < metrics::kFewPages},
         {"p_value", cell.paired.p_value},
         {"p_value_bootstrap", cell.paired.bootstrap_p_value},
         {"p_value_holm", cell.holm_p_value}});
  }
  return {{"metric", metric}, {"cells", std::move(rows)}};
}

void compare(const CompareOptions& options) {
  verbosity().quiet = options.common.quiet;
  auto runs = std::vector{
      analysis::load_summarized_run(options.first),
      analysis::load_summarized_run(options.second)};
  const auto& first = runs[0].run;
  const auto& second = runs[1].run;
  const auto& profile = metrics::find_profile(first.config.profile);
  check(
      first.config.profile == second.config.profile,
      options.first,
      " was scored by the profile ",
      first.config.profile,
      " and ",
      options.second,
      " by ",
      second.config.profile,
      "; runs of one profile can be compared");
  const auto metric =
      options.metric.empty() ? profile.headline : options.metric;
  const auto cells = analysis::compare_runs(first, second, metric);
  const auto notes =
      analysis::notes_on(cells, metric, runs[0].summary.normalization);
  if (!options.output.empty()) {
    write_report(
        report::make_report(std::move(runs), {metric, cells}),
        options.output);
    return;
  }
  const auto table = analysis::comparison_table(cells);
  if (options.format == "json") {
    write_file("-", to_json(cells, metric).dump(2) + "\n");
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
