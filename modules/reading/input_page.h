#pragma once

#include "document/pdf.h"
#include "page/page_image.h"
#include "reading/input_file.h"
#include "reading/text_pages.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace microfiche::reading {

/// A page's pixels and the content that they come from.
struct LoadedInput {
  page::PageImage image;

  /// Why the page may look different from what its author saw.
  std::vector<std::string> warnings;

  /// SHA-256 of the file's bytes.
  std::string sha256;
};

/// One page of an input file.
struct InputPage {
  InputFile file;

  /// Page of a PDF, and of a TIFF or text of several pages, from 1; 0 for a
  /// file that is a single page.
  int64_t number = 0;

  /// Set for a page of a PDF and of a text, with the hash of its file.
  std::shared_ptr<const document::PdfFile> pdf;
  std::shared_ptr<const TextPages> text;
  std::string sha256;

  /// The name in messages.
  std::string title() const;

  /// File name of the results, without an ending: the input's, with the page.
  std::string stem() const;

  /// SHA-256 of the file as it is now.
  std::string content_hash() const;

  /// Loads an image, or a page of a PDF or text. Throws `InputError` when the
  /// file is damaged, has no page, or holds vision tokens.
  LoadedInput load() const;
};

/// How files become pages.
struct PageListConfig {
  /// Pages to take from each file of several pages, see `parse_page_range`;
  /// empty for all.
  std::string range;
  document::PdfOptions pdf;
  TextStyle text;
};

struct PageList {
  std::vector<InputPage> pages;

  /// Messages on files that could not be opened.
  std::vector<std::string> failures;
};

/// Lists the pages of all files, in their order. Throws `UsageError` for an
/// invalid range, and for a range when no file has several pages.
PageList list_pages(
    const std::vector<InputFile>& files,
    const PageListConfig& config);

/// The page of a command that takes one page: page `number` of the file, or its
/// only one when `number` is 0. Throws `InputError` as `InputPage::load` does,
/// and `UsageError` for a file of several pages without a number.
InputPage find_page(
    const std::string& input,
    int64_t number,
    const PageListConfig& config);

} // namespace microfiche::reading
