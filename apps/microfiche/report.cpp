#include "command.h"

#include "analysis/run_analysis.h"
#include "core/error.h"
#include "core/files.h"
#include "core/terminal.h"
#include "memory/curve/curve_report.h"
#include "memory/schema.h"
#include "report/report.h"
#include "report/training_report.h"
#include "report/write_report.h"

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace microfiche::apps {
namespace {

struct ReportArguments {
  CommonArguments common;
  std::vector<std::string> folders;
  std::string output;
};

void report_trainings(
    const std::vector<std::filesystem::path>& folders,
    int64_t trainings,
    const std::string& output) {
  check<UsageError>(
      trainings == static_cast<int64_t>(folders.size()),
      "some of these are trainings and some are sweeps; report them separately");
  std::filesystem::path file = output;
  if (output.empty()) {
    file = folders.size() == 1 ? folders.front() / "report.html"
                               : std::filesystem::path("report.html");
  }
  write_file(file, report::html_training_report(folders));
  say("report: " + file.string());
}

/// Pages of the timeline, as `memory curve`.
constexpr int64_t kTimelinePages = 200;

/// Recall over age of the newest plan with answers.
void report_store(const std::string& file, const std::string& output) {
  memory::Store store(file, memory::Store::Mode::kRead);
  const auto all_series = memory::curve::answered_series(store);
  const auto html =
      memory::curve::curve_document(memory::curve::load_curve_report(
          store,
          all_series,
          memory::curve::find_series(store, all_series, std::nullopt),
          {},
          kTimelinePages));
  const std::string target = output.empty() ? "report.html" : output;
  write_file(target, html);
  say("report: " + target);
}

void report(const ReportArguments& arguments) {
  verbosity().quiet = arguments.common.quiet;
  const std::vector<std::filesystem::path> folders(
      arguments.folders.begin(), arguments.folders.end());
  if (std::any_of(folders.begin(), folders.end(), memory::is_store_file)) {
    check<UsageError>(
        folders.size() == 1,
        "a store of memory is reported alone, got ",
        folders.size(),
        " arguments");
    check<UsageError>(
        std::filesystem::path(arguments.output).extension() != ".md",
        arguments.output,
        ": the report of a store has pictures and is written as .html only");
    report_store(arguments.folders.front(), arguments.output);
    return;
  }
  const auto trainings =
      std::count_if(folders.begin(), folders.end(), report::is_training_run);
  if (trainings > 0) {
    report_trainings(folders, trainings, arguments.output);
    return;
  }
  std::vector<analysis::RunAnalysis> runs;
  for (const auto& folder : arguments.folders) {
    runs.push_back(analysis::analyze_run(folder));
  }
  const auto made = report::make_report(std::move(runs));
  if (arguments.output.empty() && made.runs.size() == 1) {
    report::write_run_report(made);
  } else {
    report::write_report(
        made, arguments.output.empty() ? "report.html" : arguments.output);
  }
}

} // namespace

void add_report(CLI::App& app) {
  auto arguments = std::make_shared<ReportArguments>();
  auto* command = app.add_subcommand(
      "report",
      "microfiche report runs/nano runs/other -o both.html\n\n"
      "Writes the report of one or several sweeps again, from their samples. One "
      "sweep without -o gets all its report files. Trainings get a report with "
      "their curves. A store of `memory` gets recall over age.");
  command
      ->add_option(
          "folder", arguments->folders, "Run folders, or a store of `memory`")
      ->required();
  command
      ->add_option(
          "-o,--output",
          arguments->output,
          "File to write, .html or .md; - is stdout")
      ->type_name("FILE");
  add_quiet_option(*command, arguments->common);
  command->callback([arguments] { report(*arguments); });
}

} // namespace microfiche::apps
