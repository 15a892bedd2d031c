#include "command.h"

#include "core/error.h"
#include "core/files.h"
#include "core/terminal.h"
#include "model/model_family.h"
#include "verification/verification.h"

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

namespace microfiche::apps {
namespace {

constexpr const char* kTexts = MICROFICHE_SOURCE_DIR "/data/text/held_out";

/// Pages of Fox that have published readings.
constexpr int64_t kFoxPages = 112;

struct VerifyArguments {
  CommonArguments common;
  bool quick = false;
  std::string fox;
  std::string readings;
  std::string output;
  std::string json;
  int64_t batch = 4;
};

void check_usage(const CLI::App& command) {
  for (const char* option : {"--fox", "--device", "--dtype", "--seed"}) {
    check<UsageError>(
        command.count("--quick") == 0 || command.count(option) == 0,
        "--quick reads no pages, so ",
        option,
        " has no effect");
  }
  for (const char* option : {"--readings", "--output", "--batch"}) {
    check<UsageError>(
        command.count("--fox") > 0 || command.count(option) == 0,
        option,
        " has no effect without --fox");
  }
}

/// The published readings of Fox are those of one family.
void check_family(const std::filesystem::path& folder) {
  const auto config = model::load_model_config(folder / "config.json");
  const auto& read = model::model_families().front().name;
  check<UsageError>(
      config.family().name == read,
      "--fox: the published readings are those of ",
      read,
      ", and ",
      folder.string(),
      " is ",
      config.family().name);
}

/// Throws with the first fact or bound that is missed.
void check_result(
    const VerifyArguments& arguments,
    const verification::Verification& result) {
  if (!arguments.json.empty()) {
    write_json_file(arguments.json, verification::to_json(result));
  }
  if (const auto message = verification::failure_message(result)) {
    throw Error(ExitCode::kFailure, *message);
  }
}

void run_verify(const VerifyArguments& arguments) {
  apply_common_arguments(arguments.common);
  std::optional<verification::FoxFolders> fox;
  if (!arguments.fox.empty()) {
    check_family(arguments.common.model);
    fox = verification::open_fox(arguments.fox, arguments.readings, kFoxPages);
  }

  verification::Verification result;
  result.folder = verification::check_folder(arguments.common.model);
  write_file("-", verification::folder_text(result.folder));
  for (const auto& warning : result.folder.warnings) {
    warn(concat(arguments.common.model, ": ", warning));
  }
  if (arguments.quick || verification::first_missed(result)) {
    check_result(arguments, result);
    return;
  }

  auto loaded = open_model(arguments.common);
  auto pages =
      verification::published_reading_check(loaded.config.family(), kTexts);
  pages.seed = arguments.common.seed;
  result.pages = verification::check_reading(loaded, pages);
  write_file("-", "\n" + verification::pages_text(result.pages));
  if (fox && !verification::first_missed(result)) {
    verification::FoxCheckConfig config;
    config.batch = arguments.batch;
    config.output = arguments.output;
    result.fox = verification::check_fox(loaded, *fox, config);
    write_file("-", "\n" + verification::fox_text(result.fox));
  }
  check_result(arguments, result);
}

} // namespace

void add_verify(CLI::App& app) {
  auto arguments = std::make_shared<VerifyArguments>();
  auto* command = app.add_subcommand(
      "verify",
      "microfiche verify ~/DeepSeek-OCR\n"
      "microfiche verify ~/DeepSeek-OCR --fox ~/DeepSeekOCR -o runs/fox\n\n"
      "Checks that a download is the published model and that its readings are as good: "
      "1. files, names, shapes and hashes; 2. a few rendered pages, with lower "
      "bounds on precision; 3. with --fox, 112 pages compared with published readings "
      "and the paper's table. Stops after the first step that fails, with exit "
      "code 1.");
  command
      ->add_option(
          "folder", arguments->common.model, "Folder of the downloaded model")
      ->required();
  command->add_flag("--quick", arguments->quick, "Only step 1: reads no page");
  command
      ->add_option(
          "--fox",
          arguments->fox,
          "Fox's folder with en_pdf_png, or a clone of "
          "github.com/dududuck00/DeepSeekOCR")
      ->type_name("DIR");
  command
      ->add_option(
          "--readings",
          arguments->readings,
          "That clone, if --fox is Fox's own folder")
      ->type_name("DIR");
  command
      ->add_option(
          "-o,--output",
          arguments->output,
          "Folder that keeps the readings of Fox; the same command resumes")
      ->type_name("DIR");
  command
      ->add_option("--json", arguments->json, "File for all numbers and texts")
      ->type_name("FILE");
  command->add_option("--batch", arguments->batch, "Pages of Fox at a time")
      ->check(whole_number())
      ->capture_default_str();
  add_placement_options(*command, arguments->common);
  add_seed_option(*command, arguments->common);
  add_quiet_option(*command, arguments->common);
  command->callback([arguments, command] {
    check_usage(*command);
    run_verify(*arguments);
  });
}

} // namespace microfiche::apps
