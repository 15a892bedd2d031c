#pragma once

#include "document/pdf.h"
#include "page/page_image.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace microfiche::reading {

/// A page to read, and the name of its results.
struct ListedPage {
  std::filesystem::path file;
  std::string name;

  /// The file if it is a PDF, and which of its pages, the first being 1.
  std::shared_ptr<const document::PdfFile> pdf;
  int64_t pdf_page = 0;

  /// Whether the file holds vision tokens and not an image.
  bool is_encoded() const;

  /// What messages call the page.
  std::string title() const;

  /// The page's pixels. Throws `InputError` as `read_image` and
  /// `PdfFile::render` do; warns where a page of a damaged PDF lacks something.
  page::PageImage load() const;
};

/// Every page that a command's inputs stand for, and what could not be opened.
struct PageList {
  std::vector<ListedPage> pages;
  std::vector<std::string> failures;
};

/// Lists the pages of images, PDF files and saved vision tokens; of a folder
/// those in it, by name. `pdf_pages` are those of each PDF to take, see
/// `parse_page_range`; empty for all.
///
/// Throws `InputError` for a folder without any, `UsageError` for `pdf_pages`
/// that make no sense or where no input is a PDF.
PageList list_pages(
    const std::vector<std::string>& inputs,
    const std::string& pdf_pages,
    const document::PdfOptions& pdf_options);

} // namespace microfiche::reading
