#pragma once

#include "core/config.h"
#include "page/page_image.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace microfiche::document {

// Note [PDF files]
// A PDF is a program for a large interpreter and often untrusted. This process
// opens none: Poppler's pdfinfo, pdftoppm and pdftotext read it in child
// processes with 1 GB of address space, 30 s of processor time, files of at
// most 64 MB and no network (see `run_child`). Pixels come back through a pipe.
// A malicious file can only cause a wrong page or an `InputError`.

/// How pages of PDF files become pixels.
struct PdfOptions {
  /// Pixels per inch; the official scripts use 144.
  int64_t dpi = 144;

  /// Wall-clock time for one page, and for opening the file.
  double time_limit_s = 60;

  /// The programs, by name or by path.
  std::string pdfinfo = "pdfinfo";
  std::string pdftoppm = "pdftoppm";
};

template <typename Visitor>
void visit_fields(Visitor&& visit, PdfOptions& options) {
  visit("dpi", options.dpi);
  visit("time_limit_s", options.time_limit_s);
  visit("pdfinfo", options.pdfinfo);
  visit("pdftoppm", options.pdftoppm);
}

/// Throws `InputError` unless dpi lies in [1, 2400] and the time limit in
/// (0, 86400].
void validate(const PdfOptions& options, const std::string& where);

/// Whether the first 1024 bytes of a file contain "%PDF-". Its name does not
/// matter. False for a file that cannot be read.
bool is_pdf(const std::filesystem::path& path);

/// A PDF file whose pages can be rendered; see Note [PDF files].
///
/// Throws `InputError`, which names the file, the page and what to do, for a
/// file that is missing, empty, not a PDF, encrypted with a password or
/// damaged, for one without pages or with more than 10000, and for one that
/// exceeds a limit. Throws `Error` (exit code 1), which names the command that
/// installs it, when Poppler is missing.
class PdfFile {
 public:
  explicit PdfFile(std::filesystem::path path, PdfOptions options = {});

  int64_t num_pages() const {
    return static_cast<int64_t>(sizes_.size());
  }

  /// Renders a page: its crop box with the file's rotation, a side of s points
  /// as ceil(s * dpi / 72) pixels. `page` counts from 1. Warns about errors
  /// that Poppler reports although it drew the page, which then may lack
  /// something.
  ///
  /// Throws `InputError` for a page that the file does not have, and, before
  /// rendering, for a page of more than `page::kMaxPixels` pixels.
  page::LoadedPage render(int64_t page) const;

  /// The text layer of the pages [first, last], from Poppler's `pdftotext`: in
  /// reading order, UTF-8, a form feed after each page. A scan has none.
  ///
  /// Throws `InputError` for pages that the file does not have, and for more
  /// than 64 MiB of text.
  std::string text(
      int64_t first,
      int64_t last,
      const std::string& pdftotext = "pdftotext") const;

 private:
  /// Size of a page before rotation, in points.
  struct Size {
    double width = 0;
    double height = 0;
  };

  std::filesystem::path path_;
  PdfOptions options_;
  std::vector<Size> sizes_;
};

} // namespace microfiche::document
