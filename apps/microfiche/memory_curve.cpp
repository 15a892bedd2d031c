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
  std::string age = "pages";
  int64_t timeline_pages = 200;
  std::string output;
  std::string format = "table";
  curve::CurveOptions options;
};

struct MemoryTimelineArguments : MemoryArguments {
  std::string conversation;
  std::optional<int64_t> plan;
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
  const auto settings = curve::answered_settings(
      store, find_conversation_id(store, arguments.conversation));
  const auto report = curve::load_curve_report(
      store,
      settings,
      curve::find_setting(store, settings, arguments.plan),
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
  const int64_t plan = arguments.plan
      ? *arguments.plan
      : curve::newest_plan(
            store, find_conversation_id(store, arguments.conversation));
  write_file(
      arguments.output,
      curve::timeline_document(curve::load_timeline(
          store, plan, arguments.pages, arguments.method)));
  say("timeline: " + arguments.output);
}

template <typename Arguments>
void add_answered_plan_options(CLI::App& command, Arguments& arguments) {
  auto* plan = command
                   .add_option(
                       "--plan",
                       arguments.plan,
                       "Number of the plan; default: the newest")
                   ->type_name("ID");
  command
      .add_option(
          "--conversation",
          arguments.conversation,
          "Number or name of a conversation; default: all")
      ->type_name("ID")
      ->excludes(plan);
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
      "conversations count together if they have the same policy, budget and "
      "model. -o writes report.html, curve.csv and curve.json.");
  add_answered_plan_options(*command, *arguments);
  command
      ->add_option(
          "--by",
          arguments->options.method,
          "How the questions of the curve were answered")
      ->type_name("METHOD")
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
      ->check(CLI::PositiveNumber);
  command
      ->add_option(
          "--skill",
          arguments->options.horizon_skill,
          "Skill of the horizon: the oldest age up to which it is reached")
      ->check(CLI::Range(0.0, 1.0))
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
      ->check(CLI::NonNegativeNumber)
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
      ->type_name("METHOD")
      ->capture_default_str();
  command
      ->add_option(
          "--pages", arguments->pages, "Pages to show, the newest first")
      ->type_name("N")
      ->check(CLI::PositiveNumber)
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
