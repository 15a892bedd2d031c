#include "command.h"

#include "core/error.h"
#include "core/files.h"
#include "core/memory_use.h"
#include "core/version.h"
#include "document/poppler.h"
#include "model/model_config.h"
#include "rendering/font.h"
#include "tokenizer/text_token_counter.h"

#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <torch/cuda.h>

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace microfiche::apps {
namespace {

/// One line of the output.
struct Finding {
  std::string name;
  bool there = true;
  std::string answer;
};

/// Runs `look`. Its error says what is missing and how to get it.
Finding find(
    const std::string& name,
    const std::function<std::string()>& look) {
  try {
    return {name, true, look()};
  } catch (const Error& error) {
    return {name, false, error.what()};
  }
}

std::string describe_gpus() {
  const auto& build = build_info();
  check(
      build.cuda != "none",
      "none: this is the CPU build; with nvcc installed, `cmake --preset "
      "cuda` makes the other");
  check(
      torch::cuda::is_available(),
      "none is usable: `nvidia-smi` says whether driver and GPU are there");
  return concat(torch::cuda::device_count(), " found, cuda:0 is the default");
}

std::string describe_model() {
  const auto folder = model_folder({});
  const auto config = model::load_model_config(folder / "config.json");
  for (const char* file : {"tokenizer.json", "model.safetensors"}) {
    check(
        std::filesystem::exists(folder / file),
        (folder / file).string(),
        " is missing; the repository has it: `git checkout -- "
        "configs/models/nano` brings it back");
  }
  return concat(
      folder.string(), ", ", config.toolkit.modes.size(), " modes of its own");
}

std::string describe_fonts() {
  const auto families = rendering::installed_font_families();
  check(
      !families.empty(),
      "no font is installed; `apt-get install fonts-dejavu-core`");
  const auto used = rendering::rendering_provenance({});
  return concat(
      families.size(),
      " families; Pango ",
      used.pango,
      ", FreeType ",
      used.freetype);
}

std::string describe_asian_pdf() {
  constexpr auto kHint =
      "PDF files without embedded fonts lose such text; run: sudo apt-get "
      "install poppler-data fonts-wqy-zenhei";
  check(document::has_poppler_data(), "poppler-data is not installed, ", kHint);
  for (const char* language : {"zh-cn", "ja", "ko"}) {
    check(
        rendering::has_font_for_language(language),
        "no font for language ",
        language,
        ", ",
        kHint);
  }
  return "character maps and fonts";
}

void run_doctor() {
  const std::vector<Finding> findings = {
      find("program", version_text),
      find(
          "CPU",
          [] {
            return concat(
                at::get_num_threads(),
                " threads, ",
                at::get_cpu_capability(),
                ", ",
                bytes_text(available_memory_bytes()),
                " of memory free");
          }),
      find("GPU", describe_gpus),
      find("fonts", describe_fonts),
      find("nano model", describe_model),
      find(
          "PDF pages",
          [] { return document::find_poppler("pdftoppm").string(); }),
      find("Chinese, Japanese and Korean PDF pages", describe_asian_pdf),
      find(
          "text tokens",
          [] {
            const auto& counter = tokenizer::find_text_token_counter();
            return concat(counter.size(), " ids, sha256 ", counter.sha256());
          }),
  };
  std::string text;
  for (const auto& finding : findings) {
    std::string answer = finding.answer;
    for (size_t at = 0; (at = answer.find('\n', at)) != std::string::npos;) {
      answer.replace(at, 1, "\n                 ");
      at += 2;
    }
    text += concat(finding.there ? "ok       " : "missing  ");
    text += finding.name + ": " + answer + "\n";
  }
  write_file("-", text);
}

} // namespace

void add_doctor(CLI::App& app) {
  auto* command = app.add_subcommand(
      "doctor",
      "microfiche doctor\n\n"
      "Shows what is installed, which devices and fonts are found, and how to "
      "install what is missing.");
  command->callback(run_doctor);
}

} // namespace microfiche::apps
