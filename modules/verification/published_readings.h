#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace microfiche::verification {

/// A page of Fox and what others read from it with the published weights.
struct PublishedPage {
  /// File name of the image.
  std::string image;

  /// Counted by those who published the reading, with DeepSeek-OCR's tokenizer.
  int64_t text_tokens = 0;
  std::string reference;
  std::string prediction;
};

/// The readings in one mode.
struct PublishedReadings {
  std::string mode;
  std::vector<PublishedPage> pages;
};

/// Where the images and the published readings of Fox's English pages are.
struct FoxFolders {
  std::filesystem::path images;

  /// In modes "tiny" and "small", with the same pages in the same order.
  std::vector<PublishedReadings> readings;
};

/// Reads the published readings, `results/ocr/en_png_tiny.json` and
/// `en_png_small.json` of a clone of github.com/dududuck00/DeepSeekOCR, and
/// finds the images: in `fox`, which is Fox's own folder (`en_pdf_png/`) or the
/// clone (`data/en_png/`). `readings` is the clone; empty if `fox` is.
///
/// Throws `InputError` for missing and malformed files, for missing images, for
/// modes with different pages, and unless there are `num_pages` pages;
/// `UsageError` if there are no readings.
///
/// Source: "Visual Merit or Linguistic Crutch?", arXiv:2601.03714, and its
/// repository @ ea8bf00 (MIT). The pages are Fox's (CC BY-NC 4.0), so users
/// download them.
FoxFolders open_fox(
    const std::filesystem::path& fox,
    const std::filesystem::path& readings,
    int64_t num_pages);

} // namespace microfiche::verification
