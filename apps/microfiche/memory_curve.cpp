#include "memory_commands.h"

#include "core/error.h"
#include "core/files.h"
#include "core/terminal.h"
#include "memory/curve/curve_report.h"
#include "memory/curve/curve_tables.h"

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

namespace microfiche::apps {
namespace {

using memory::Store;
namespace curve = memory::curve;

struct MemoryCurveArguments : MemoryArguments {
  std::string conversation;
  std::optional<int64_t> plan;
  std::optional<int64_t> run;
  std::string age = "pages";
  int64_t timeline_pages = 200;
  std::string output;
  std::string format = "table";
  curve::CurveOptions options;
};

struct MemoryTimelineArguments : MemoryArguments {
  std::string conversation;
  std::optional<int64_t> plan;
  std::optional<int64_t> run;
  std::string method = "transcription";
  int64_t pages = 1000;
  std::string output = "timeline.html";
};

void run_curve(const MemoryCurveArguments& arguments) {
  apply_common_arguments(arguments.common);
  auto options = arguments.options;
  options.seed = arguments.common.seed;
  options.unit = arguments.age == "turns" ? curve::AgeAxis::kTurns
                                          : curve::AgeAxis::kPages;
  Store store(arguments.store, Store::Mode::kRead);
  const auto all_series = curve::answered_series(
      store, find_conversation_id(store, arguments.conversation));
  const auto report = curve::load_curve_report(
      store,
      all_series,
      arguments.run
          ? curve::find_series_of_run(store, all_series, *arguments.run)
          : curve::find_series(store, all_series, arguments.plan),
      options,
      arguments.output.empty() ? 0 : arguments.timeline_pages);
  write_file(
      "-",
      arguments.format == "json" ? curve::curve_json(report).dump(2) + "\n"
                                 : curve::terminal_text(report));
  if (!arguments.output.empty()) {
    curve::write_curve_report(report, arguments.output);
    say("report: " +
        (std::filesystem::path(arguments.output) / "report.html").string());
  }
}

void run_timeline(const MemoryTimelineArguments& arguments) {
  apply_common_arguments(arguments.common);
  Store store(arguments.store, Store::Mode::kRead);
  int64_t plan = 0;
  if (arguments.run) {
    plan = curve::plan_of_run(store, *arguments.run);
  } else if (arguments.plan) {
    plan = *arguments.plan;
  } else {
    plan = curve::newest_plan(
        store, find_conversation_id(store, arguments.conversation));
  }
  write_file(
      arguments.output,
      curve::timeline_document(curve::load_timeline(
          store, plan, arguments.pages, arguments.method, arguments.run)));
  say("timeline: " + arguments.output);
}

std::vector<std::string> method_names() {
  std::vector<std::string> names;
  for (const auto method : memory::kMethods) {
    names.emplace_back(memory::name_of(method));
  }
  return names;
}

/// A number above 0, up to 1.
CLI::Validator skill() {
  return {
      [](const std::string& text) {
        double value = 0;
        return CLI::detail::lexical_cast(text, value) && value > 0 && value <= 1
            ? std::string()
            : concat("expected a skill above 0, up to 1, got ", text);
      },
      "SKILL in (0 - 1]"};
}

template <typename Arguments>
void add_answered_plan_options(CLI::App& command, Arguments& arguments) {
  auto* plan = command
                   .add_option(
                       "--plan",
                       arguments.plan,
                       "Number of the plan; default: the newest")
                   ->type_name("ID")
                   ->check(whole_number());
  auto* run =
      command
          .add_option(
              "--run",
              arguments.run,
              "Number of the recall run, which `memory recall` prints; default: "
              "the one that was asked last")
          ->type_name("ID")
          ->check(whole_number())
          ->excludes(plan);
  command
      .add_option(
          "--conversation",
          arguments.conversation,
          "Number or name of a conversation; default: all")
      ->type_name("ID")
      ->excludes(plan)
      ->excludes(run);
}

} // namespace

void add_memory_curve(CLI::App& memory) {
  auto arguments = std::make_shared<MemoryCurveArguments>();
  auto* command = memory.add_subcommand(
      "curve",
      "microfiche memory curve --store my.db\n"
      "microfiche memory curve --store my.db -o runs/curve\n\n"
      "Shows recall by age from the answers of `memory recall`: with "
      "intervals, floor, baselines and forgetting models. Plans of several "
      "conversations count together if they have the same policy, budget, "
      "weights, dtype and reading config. -o writes report.html, curve.csv and "
      "curve.json.");
  add_answered_plan_options(*command, *arguments);
  command
      ->add_option(
          "--by",
          arguments->options.method,
          "How the questions of the curve were answered")
      ->check(CLI::IsMember(method_names()))
      ->capture_default_str();
  command->add_option("--age", arguments->age, "Unit of ages")
      ->check(CLI::IsMember({"pages", "turns"}))
      ->capture_default_str();
  command
      ->add_option(
          "--bin-width",
          arguments->options.bin_width,
          "Ages per row; default: rows that double, 0, 1, 2-3, 4-7 ..., and are "
          "cut where the mode changes")
      ->type_name("N")
      ->check(whole_number());
  command
      ->add_option(
          "--skill",
          arguments->options.horizon_skill,
          "Skill of the horizon: the oldest age up to which it is reached")
      ->check(skill())
      ->capture_default_str();
  command
      ->add_option(
          "--resamples",
          arguments->options.resamples,
          "Draws for the intervals; fewer are faster, 0: half-lives have no "
          "interval")
      ->type_name("N")
      ->check(CLI::Range(0, 100000))
      ->capture_default_str();
  command
      ->add_option(
          "--timeline-pages",
          arguments->timeline_pages,
          "Pages of the timeline in report.html, newest first; 0: no timeline")
      ->type_name("N")
      ->check(whole_number(0))
      ->capture_default_str();
  command->add_option("-o,--output", arguments->output, "Folder of the report")
      ->type_name("DIR");
  add_format_option(*command, arguments->format);
  add_seed_option(*command, arguments->common);
  add_store_options(*command, *arguments);
  command->callback([arguments] { run_curve(*arguments); });
}

void add_memory_timeline(CLI::App& memory) {
  auto arguments = std::make_shared<MemoryTimelineArguments>();
  auto* command = memory.add_subcommand(
      "timeline",
      "microfiche memory timeline --store my.db -o timeline.html\n\n"
      "Writes one HTML file with the pages of a plan from newest to oldest: "
      "the picture that the model gets, its positions, what was read from it, "
      "and the answers to the questions about its facts.");
  add_answered_plan_options(*command, *arguments);
  command
      ->add_option("--by", arguments->method, "How the questions were answered")
      ->check(CLI::IsMember(method_names()))
      ->capture_default_str();
  command
      ->add_option(
          "--pages", arguments->pages, "Pages to show, the newest first")
      ->type_name("N")
      ->check(whole_number())
      ->capture_default_str();
  command
      ->add_option(
          "-o,--output", arguments->output, "File to write; - is stdout")
      ->type_name("FILE")
      ->capture_default_str();
  add_store_options(*command, *arguments);
  command->callback([arguments] { run_timeline(*arguments); });
}

} // namespace microfiche::apps
