#include "reading/page_drafts.h"

#include "core/error.h"
#include "core/files.h"
#include "core/plural.h"
#include "core/terminal.h"
#include "core/utf8.h"
#include "generation/read.h"

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <string_view>
#include <vector>

namespace microfiche::reading {
namespace {

constexpr const char* kTextLayers = "pdf";

bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n\f") == std::string_view::npos;
}

/// The text of a draft file.
std::string read_text(
    const std::string& path,
    const document::PdfOptions& options) {
  if (document::is_pdf(path)) {
    const document::PdfFile pdf(path, options);
    auto text = pdf.text(1, pdf.num_pages());
    check(
        !is_blank(text),
        "--draft ",
        path,
        ": the PDF has no text layer; name a text file, or read without a "
        "draft");
    return text;
  }
  auto text = read_file(path, PageDrafts::kMaxBytes);
  check(
      !is_blank(text),
      "--draft ",
      path,
      ": is empty; expected a text that the pages may hold");
  const size_t valid = std::min(valid_utf8_prefix(text), text.find('\0'));
  check(
      valid >= text.size(),
      "--draft ",
      path,
      ": not a text, byte ",
      valid,
      " is not UTF-8; expected a UTF-8 text or a PDF file");
  return text;
}

/// The texts between form feeds, which end the pages of a text layer.
std::vector<std::string> split_pages(std::string_view text) {
  std::vector<std::string> pages;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\f'), text.size());
    pages.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return pages;
}

} // namespace

PageDrafts::PageDrafts(
    const std::string& source,
    const document::PdfOptions& pdf,
    const tokenizer::Tokenizer& tokenizer,
    std::span<const InputPage> pages)
    : tokenizer_(&tokenizer) {
  if (source == kTextLayers) {
    add_text_layers(pages);
    return;
  }
  const std::string texts[] = {read_text(source, pdf)};
  common_ = generation::make_draft(tokenizer, texts);
}

void PageDrafts::add_text_layers(std::span<const InputPage> pages) {
  std::map<const document::PdfFile*, std::vector<int64_t>> numbers;
  for (const auto& page : pages) {
    if (page.pdf) {
      numbers[page.pdf.get()].push_back(page.number);
    }
  }
  for (const auto& [pdf, wanted] : numbers) {
    const auto [first, last] = std::ranges::minmax(wanted);
    std::vector<std::string> texts;
    try {
      texts = split_pages(pdf->text(first, last));
    } catch (const Error& error) {
      // The pictures of its pages may still be readable.
      warn(concat("--draft pdf: ", error.what()));
    }
    for (const int64_t number : wanted) {
      const auto index = static_cast<size_t>(number - first);
      if (index < texts.size() && !is_blank(texts[index])) {
        texts_[{pdf, number}] = texts[index];
      }
    }
  }
  const int64_t num_without =
      std::ranges::count_if(pages, [&](const auto& page) {
        return !texts_.contains({page.pdf.get(), page.number});
      });
  check(
      !texts_.empty() || pages.empty(),
      "--draft pdf: no page has a text layer; expected a PDF with text. Name a "
      "text file, or read without a draft");
  if (num_without > 0) {
    warn(concat(
        "--draft pdf: ",
        count_of(num_without, "page"),
        num_without == 1 ? " has" : " have",
        " no text layer; read without a draft"));
  }
}

std::shared_ptr<const generation::Draft> PageDrafts::find(
    const InputPage& page) const {
  return find(std::span(&page, 1));
}

std::shared_ptr<const generation::Draft> PageDrafts::find(
    std::span<const InputPage> pages) const {
  if (common_) {
    return common_;
  }
  std::vector<std::string> texts;
  for (const auto& page : pages) {
    const auto text = texts_.find({page.pdf.get(), page.number});
    if (text != texts_.end()) {
      texts.push_back(text->second);
    }
  }
  return texts.empty() ? nullptr : generation::make_draft(*tokenizer_, texts);
}

} // namespace microfiche::reading
