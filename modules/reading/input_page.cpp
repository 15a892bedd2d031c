#include "reading/input_page.h"

#include "core/config.h"
#include "core/crypto.h"
#include "core/error.h"
#include "core/files.h"
#include "document/page_range.h"
#include "page/image_file.h"

#include <algorithm>
#include <cstdio>
#include <functional>
#include <span>
#include <utility>

namespace microfiche::reading {
namespace {

/// A file that is open, and how many pages it has.
struct OpenFile {
  InputPage first;
  int64_t num_pages = 1;

  /// Whether results name the page even when it is the only one.
  bool is_document = false;
};

OpenFile open_file(const InputFile& file, const PageListConfig& config) {
  OpenFile open;
  open.first.file = file;
  switch (file.kind) {
    case FileKind::kPdf: {
      auto pdf =
          std::make_shared<const document::PdfFile>(file.path, config.pdf);
      open.num_pages = pdf->num_pages();
      open.is_document = true;
      open.first.pdf = std::move(pdf);
      open.first.sha256 = sha256_of_file(file.path);
      break;
    }
    case FileKind::kText: {
      auto bytes = file.read();
      open.first.sha256 = sha256(bytes);
      auto text = std::make_shared<const TextPages>(
          set_text(std::move(bytes), config.text, file.title()));
      open.num_pages = static_cast<int64_t>(text->begins.size());
      open.first.text = std::move(text);
      break;
    }
    case FileKind::kImage:
      if (file.is_tiff) {
        const auto bytes = file.read();
        open.num_pages =
            page::count_pages(std::as_bytes(std::span(bytes)), file.title());
      }
      break;
    case FileKind::kVisionTokens:
    case FileKind::kUnknown:
      break;
  }
  return open;
}

InputPage numbered(const OpenFile& open, int64_t number) {
  InputPage page = open.first;
  page.number = open.is_document || open.num_pages > 1 ? number : 0;
  return page;
}

} // namespace

std::string InputPage::title() const {
  return number > 0 ? concat(file.title(), ", page ", number) : file.title();
}

std::string InputPage::stem() const {
  const std::string stem = file.content ? "stdin" : file.path.stem().string();
  if (number == 0) {
    return stem;
  }
  char ending[32];
  std::snprintf(
      ending, sizeof ending, "-%04lld", static_cast<long long>(number));
  return stem + ending;
}

std::string InputPage::content_hash() const {
  if (!sha256.empty()) {
    return sha256;
  }
  return file.content ? microfiche::sha256(*file.content)
                      : sha256_of_file(file.path);
}

LoadedInput InputPage::load() const {
  if (pdf) {
    auto loaded = pdf->render(number);
    return {std::move(loaded.image), std::move(loaded.warnings), sha256};
  }
  if (text) {
    return {text->render(std::max<int64_t>(number, 1)), {}, sha256};
  }
  check(
      file.kind != FileKind::kVisionTokens,
      file.title(),
      ": holds vision tokens; expected a page: an image, a PDF or a text");
  const auto bytes = file.read();
  auto loaded = page::decode_page(
      std::as_bytes(std::span(bytes)),
      file.title(),
      std::max<int64_t>(number, 1));
  return {
      std::move(loaded.image),
      std::move(loaded.warnings),
      microfiche::sha256(bytes)};
}

PageList list_pages(
    const std::vector<InputFile>& files,
    const PageListConfig& config) {
  const auto range = document::parse_page_range(
      config.range.empty() ? std::string("1-") : config.range);
  PageList list;
  bool any_document = false;
  for (const auto& file : files) {
    try {
      const auto open = open_file(file, config);
      if (!open.is_document && open.num_pages == 1) {
        list.pages.push_back(open.first);
        continue;
      }
      any_document = true;
      for (const int64_t number :
           document::list_pages(range, open.num_pages, file.title())) {
        list.pages.push_back(numbered(open, number));
      }
    } catch (const InputError& error) {
      // A damaged PDF is still a document that --pages applies to.
      any_document = any_document || file.kind == FileKind::kPdf;
      list.failures.emplace_back(error.what());
    }
  }
  check<UsageError>(
      config.range.empty() || any_document,
      "--pages has no effect: no input has several pages");
  return list;
}

InputPage find_page(
    const std::string& input,
    int64_t number,
    const PageListConfig& config) {
  check(
      !std::filesystem::is_directory(input),
      input,
      ": is a folder; this command takes a file");
  const auto open = open_file(list_files({input}).front(), config);
  check<UsageError>(
      number > 0 || open.num_pages == 1,
      input,
      ": has ",
      open.num_pages,
      " pages, but this command takes one; choose it with --page");
  check<UsageError>(
      number == 0 || open.is_document || open.num_pages > 1,
      "--page has no effect: ",
      input,
      " is a single page");
  check(
      number <= open.num_pages,
      input,
      ": expected a page from 1 to ",
      open.num_pages,
      ", got ",
      number);
  return numbered(open, std::max<int64_t>(number, 1));
}

} // namespace microfiche::reading
