#include "reading/page_folder.h"

#include "core/config.h"
#include "core/crypto.h"
#include "core/error.h"
#include "core/files.h"
#include "core/json.h"
#include "core/stop_signal.h"
#include "core/terminal.h"
#include "core/utf8.h"
#include "page/image_file.h"
#include "reading/text_pages.h"
#include "reading/training_warnings.h"
#include "rendering/font.h"
#include "rendering/page_renderer.h"
#include "tokenizer/text_token_counter.h"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <string_view>

namespace microfiche::reading {
namespace {

namespace fs = std::filesystem;
using rendering::PageStyle;

constexpr const char* kRunFile = "render.json";
constexpr const char* kPagesFile = "pages.json";

/// One page in pages.json.
struct PageRecord {
  std::string file;
  std::string text;
  int64_t characters = 0;

  /// By DeepSeek-OCR's tokenizer; null if it is not installed.
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

/// Whether text tokens can be counted; warns if not.
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

/// An interrupted run may have left the file, and it may have changed since.
void write_if_changed(const fs::path& file, const std::string& bytes) {
  std::error_code error;
  if (fs::file_size(file, error) != bytes.size() || read_file(file) != bytes) {
    write_file(file, bytes);
  }
}

/// What the pages depend on. It is kept beside them, so that the same command
/// resumes an interrupted run.
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

/// Prepares the folder. Keeps the pages of the same run, and removes those of
/// another run of this command. Throws `UsageError` if pages are in it that
/// this command did not write.
void prepare_folder(const fs::path& folder, const Json& run) {
  const fs::path config = folder / kRunFile;
  std::error_code error;
  if (fs::exists(config, error)) {
    if (read_json_file(config) == run) {
      return;
    }
    fs::remove(folder / kPagesFile, error);
    for (int64_t number = 1; fs::remove(folder / page_name(number), error);
         ++number) {
    }
  } else {
    check<UsageError>(
        !fs::exists(folder / page_name(1), error),
        folder.string(),
        ": has a ",
        page_name(1),
        " that `render` did not write; choose another folder");
  }
  write_json_file(config, run);
}

/// Warns about the ways in which the pages differ from the model's training.
class FolderWarnings {
 public:
  explicit FolderWarnings(const model::ModelConfig& config)
      : mode_(model::find_mode(config, config.toolkit.default_mode)),
        warnings_(config, mode_) {}

  void check(
      const PageStyle& style,
      const rendering::RenderedPage& page,
      const std::string& file) {
    auto facts = page_facts(style, page.image);
    facts.text = page.text;
    for (const auto& warning : warnings_.find(facts)) {
      warn(concat(file, ": in mode ", mode_.name, ", ", warning));
    }
  }

 private:
  page::ResolutionMode mode_;
  TrainingWarnings warnings_;
};

} // namespace

std::optional<PageFolder> find_page_folder(const fs::path& folder) {
  std::error_code error;
  if (!fs::exists(folder / kRunFile, error)) {
    return std::nullopt;
  }
  try {
    const Json run = read_json_file(folder / kRunFile);
    PageFolder found{
        read_config<PageStyle>(run.at("style"), kRunFile), {}, {kRunFile}};
    if (fs::exists(folder / kPagesFile, error)) {
      for (const auto& page : read_json_file(folder / kPagesFile)) {
        found.pages.insert(page.at("file").get<std::string>());
      }
      found.descriptions.insert(kPagesFile);
    }
    return found;
  } catch (const InputError&) {
    return std::nullopt;
  } catch (const Json::exception&) {
    return std::nullopt;
  }
}

std::vector<SourceText> read_texts(const std::vector<std::string>& files) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  std::vector<SourceText> texts;
  for (const auto& file : files) {
    std::string text = read_file(file);
    if (text.starts_with(kByteOrderMark)) {
      text.erase(0, kByteOrderMark.size());
    }
    texts.push_back({file == "-" ? "standard input" : file, text});
  }
  return texts;
}

void write_page_folder(
    const fs::path& folder,
    const PageStyle& style,
    const std::vector<SourceText>& texts,
    const std::optional<model::ModelConfig>& config) {
  const rendering::PageRenderer renderer(style);
  for (const auto& source : texts) {
    renderer.check_text(source.text, source.file);
  }
  const bool counts_text_tokens = can_count_text_tokens();
  prepare_folder(folder, describe_run(style, texts));

  Json pages = Json::array();
  std::optional<FolderWarnings> warnings;
  if (config) {
    warnings.emplace(*config);
  }
  Progress progress("render", 0, "page");
  for (const auto& source : texts) {
    int64_t begin = 0;
    while (const auto page = renderer.render_next(source.text, begin)) {
      throw_if_stop_requested();
      PageRecord record;
      record.file = page_name(static_cast<int64_t>(pages.size()) + 1);
      if (warnings) {
        warnings->check(style, *page, record.file);
      }
      record.text = page->text;
      record.characters = count_code_points(page->text);
      if (counts_text_tokens) {
        record.text_tokens = tokenizer::count_text_tokens(page->text);
      }
      record.source = source.file;
      record.source_begin = page->source_begin;
      record.source_end = page->source_end;
      write_if_changed(folder / record.file, page::encode_png(page->image));
      pages.push_back(write_config(record));
      progress.update(static_cast<int64_t>(pages.size()));
      begin = page->source_end;
    }
  }
  write_json_file(folder / kPagesFile, pages);
  progress.finish();
}

} // namespace microfiche::reading
