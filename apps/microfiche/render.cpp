#include "command.h"

#include "core/config.h"
#include "core/crypto.h"
#include "core/error.h"
#include "core/files.h"
#include "core/json.h"
#include "core/stop_signal.h"
#include "core/terminal.h"
#include "page/image_file.h"
#include "rendering/font.h"
#include "rendering/page_renderer.h"
#include "rendering/page_style.h"
#include "tokenizer/text_token_counter.h"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace microfiche::apps {
namespace {

namespace fs = std::filesystem;
using rendering::PageRenderer;
using rendering::PageStyle;

struct RenderArguments {
  CommonArguments common;
  std::vector<std::string> inputs;
  std::string output;
  std::string style;
};

struct SourceText {
  std::string file;
  std::string text;
};

/// One page in pages.json.
struct PageRecord {
  std::string file;
  std::string text;
  int64_t characters = 0;

  /// By DeepSeek-OCR's tokenizer; null where it is not installed.
  std::optional<int64_t> text_tokens;

  /// Where the text comes from: bytes [source_begin, source_end) of a file.
  std::string source;
  int64_t source_begin = 0;
  int64_t source_end = 0;
};

template <typename Visitor>
void visit_fields(Visitor&& visit, PageRecord& record) {
  visit("file", record.file);
  visit("text", record.text);
  visit("characters", record.characters);
  visit("text_tokens", record.text_tokens);
  visit("source", record.source);
  visit("source_begin", record.source_begin);
  visit("source_end", record.source_end);
}

PageStyle load_style(const RenderArguments& arguments) {
  if (!arguments.style.empty()) {
    return load_config<PageStyle>(arguments.style, arguments.common.set);
  }
  Json json = Json::object();
  for (const auto& assignment : arguments.common.set) {
    apply_override(json, assignment);
  }
  return read_config<PageStyle>(json, "page style");
}

std::vector<SourceText> read_texts(const std::vector<std::string>& inputs) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  std::vector<SourceText> texts;
  for (const auto& input : inputs) {
    std::string text = read_file(input);
    if (text.starts_with(kByteOrderMark)) {
      text.erase(0, kByteOrderMark.size());
    }
    texts.push_back({input == "-" ? "standard input" : input, text});
  }
  return texts;
}

int64_t count_characters(std::string_view text) {
  return std::count_if(text.begin(), text.end(), [](char byte) {
    return (byte & 0xC0) != 0x80;
  });
}

/// Whether text tokens can be counted here; says so once when they cannot.
bool can_count_text_tokens() {
  try {
    tokenizer::find_text_token_counter();
    return true;
  } catch (const InputError& error) {
    warn(concat("text tokens are not counted: ", error.what()));
    return false;
  }
}

std::string page_name(int64_t number) {
  char name[32];
  std::snprintf(
      name, sizeof name, "page-%04lld.png", static_cast<long long>(number));
  return name;
}

/// What the pages follow from; kept beside them, so that the same command goes
/// on where it was stopped.
Json describe_run(
    const PageStyle& style,
    const std::vector<SourceText>& texts) {
  Json sources = Json::array();
  for (const auto& source : texts) {
    sources.push_back({{"file", source.file}, {"sha256", sha256(source.text)}});
  }
  std::vector<std::string> fonts = {style.font};
  fonts.insert(
      fonts.end(), style.fallback_fonts.begin(), style.fallback_fonts.end());
  return {
      {"style", write_config(style)},
      {"texts", sources},
      {"rendering", write_config(rendering::rendering_provenance(fonts))}};
}

/// Makes the folder ready. Pages of the same run stay; those of another one
/// that this command made there are removed, since they are not in this book.
void prepare_folder(const fs::path& folder, const Json& run) {
  const fs::path config = folder / "render.json";
  std::error_code error;
  if (fs::exists(config, error)) {
    if (read_json_file(config) == run) {
      return;
    }
    fs::remove(folder / "pages.json", error);
    for (int64_t number = 1; fs::remove(folder / page_name(number), error);
         ++number) {
    }
  }
  write_json_file(config, run);
}

void render(const RenderArguments& arguments) {
  apply_common_arguments(arguments.common);
  const PageStyle style = load_style(arguments);
  const PageRenderer renderer(style);
  const auto texts = read_texts(arguments.inputs);
  for (const auto& source : texts) {
    renderer.check_text(source.text, source.file);
  }
  const bool counts_text_tokens = can_count_text_tokens();
  const fs::path folder = arguments.output;
  prepare_folder(folder, describe_run(style, texts));

  Json pages = Json::array();
  Progress progress("render", 0, "pages");
  for (const auto& source : texts) {
    int64_t begin = 0;
    while (const auto page = renderer.render_next(source.text, begin)) {
      throw_if_stop_requested();
      PageRecord record;
      record.file = page_name(static_cast<int64_t>(pages.size()) + 1);
      record.text = page->text;
      record.characters = count_characters(page->text);
      if (counts_text_tokens) {
        record.text_tokens = tokenizer::count_text_tokens(page->text);
      }
      record.source = source.file;
      record.source_begin = page->source_begin;
      record.source_end = page->source_end;
      std::error_code error;
      if (!fs::exists(folder / record.file, error)) {
        page::write_png(folder / record.file, page->image);
      }
      pages.push_back(write_config(record));
      progress.update(static_cast<int64_t>(pages.size()));
      begin = page->source_end;
    }
  }
  write_json_file(folder / "pages.json", pages);
  progress.finish();
}

} // namespace

void add_render(CLI::App& app) {
  auto arguments = std::make_shared<RenderArguments>();
  auto* command = app.add_subcommand(
      "render",
      "microfiche render book.txt -o pages --style configs/pages/dense.json\n\n"
      "Text files to page images, page-0001.png and so on, and pages.json: for "
      "each page its file, the text on it, characters and text tokens.");
  command
      ->add_option(
          "texts", arguments->inputs, "Text files; - is standard input")
      ->type_name("TEXT")
      ->required();
  command->add_option("-o,--output", arguments->output, "Folder for the pages")
      ->type_name("DIR")
      ->required();
  command
      ->add_option(
          "--style",
          arguments->style,
          "Page style, a JSON file; configs/pages holds some")
      ->type_name("FILE");
  add_set_option(*command, arguments->common);
  add_quiet_option(*command, arguments->common);
  command->callback([arguments] { render(*arguments); });
}

} // namespace microfiche::apps
