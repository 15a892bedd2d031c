#include "document/pdf.h"

#include "core/error.h"
#include "document/poppler.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <fstream>
#include <optional>
#include <string_view>
#include <utility>

namespace microfiche::document {
namespace {

namespace fs = std::filesystem;

constexpr double kPointsPerInch = 72;
constexpr int64_t kMaxPages = 10000;

/// Room for the size and rotation of every page.
constexpr int64_t kMaxInfoBytes = kMaxPages * 128 + (int64_t{1} << 16);

/// Room for the pixels and the header of the largest page.
constexpr int64_t kMaxPageBytes = page::kMaxPixels * 3 + 64;

constexpr int64_t kMaxTextBytes = int64_t{64} << 20;

/// The bytes in which Acrobat and Poppler look for "%PDF-".
std::string read_start(const fs::path& path) {
  std::string start(1024, '\0');
  std::ifstream file(path, std::ios::binary);
  file.read(start.data(), static_cast<std::streamsize>(start.size()));
  start.resize(static_cast<size_t>(file.gcount()));
  return start;
}

bool has_pdf_header(std::string_view start) {
  return start.find("%PDF-") != std::string_view::npos;
}

/// Throws for files that are refused without running Poppler.
void check_file(const fs::path& path) {
  const std::string where = path.string();
  std::error_code error;
  const auto status = fs::status(path, error);
  check(fs::exists(status), where, ": cannot read: no such file");
  check(
      fs::is_regular_file(status),
      where,
      ": is a folder or a pipe; expected a PDF file");
  check(
      std::ifstream(path, std::ios::binary).is_open(),
      where,
      ": cannot read: permission denied");
  const auto start = read_start(path);
  check(!start.empty(), where, ": is empty; expected a PDF file");
  check(
      has_pdf_header(start),
      where,
      ": not a PDF; expected \"%PDF-\" in its first 1024 bytes");
}

/// Reads a number after spaces and removes both from `line`.
std::optional<double> take_decimal(std::string_view& line) {
  line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
  double number = 0;
  const auto [rest, error] =
      std::from_chars(line.data(), line.data() + line.size(), number);
  if (error != std::errc() || !std::isfinite(number)) {
    return std::nullopt;
  }
  line.remove_prefix(static_cast<size_t>(rest - line.data()));
  return number;
}

/// Removes spaces and `word` from `line`. False if another word comes.
bool take_word(std::string_view& line, std::string_view word) {
  line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
  if (!line.starts_with(word)) {
    return false;
  }
  line.remove_prefix(word.size());
  return true;
}

/// Reads a whole number in the header of a PPM and removes it with the space
/// after it; 0 if there is none.
int64_t take_header_number(std::string_view& ppm) {
  int64_t number = 0;
  const auto [rest, error] =
      std::from_chars(ppm.data(), ppm.data() + ppm.size(), number);
  ppm.remove_prefix(static_cast<size_t>(rest - ppm.data()));
  const bool space = ppm.starts_with('\n') || ppm.starts_with(' ');
  ppm.remove_prefix(space ? 1 : 0);
  return space && error == std::errc() ? number : 0;
}

/// The page in a binary PPM as pdftoppm writes it, or none.
std::optional<page::PageImage> parse_ppm(std::string_view ppm) {
  if (!take_word(ppm, "P6\n")) {
    return std::nullopt;
  }
  page::PageImage image;
  image.width = take_header_number(ppm);
  image.height = take_header_number(ppm);
  const int64_t largest = take_header_number(ppm);
  if (image.width < 1 || image.height < 1 || largest != 255 ||
      image.width > page::kMaxPixels / image.height ||
      std::cmp_not_equal(ppm.size(), image.width * image.height * 3)) {
    return std::nullopt;
  }
  image.rgb.assign(ppm.begin(), ppm.end());
  return image;
}

} // namespace

void validate(const PdfOptions& options, const std::string& where) {
  check(
      options.dpi >= 1 && options.dpi <= 2400,
      where,
      ".dpi: expected 1 to 2400 pixels per inch, got ",
      options.dpi);
  check(
      options.time_limit_s > 0 && options.time_limit_s <= 86400,
      where,
      ".time_limit_s: expected more than 0 and at most 86400 s, got ",
      options.time_limit_s);
}

bool is_pdf(const fs::path& path) {
  std::error_code error;
  return fs::is_regular_file(path, error) && has_pdf_header(read_start(path));
}

PdfFile::PdfFile(fs::path path, PdfOptions options)
    : path_(std::move(path)), options_(std::move(options)) {
  validate(options_, "pdf");
  check_file(path_);
  const std::string where = path_.string();
  // One page more than allowed shows whether the file has too many. An absolute
  // path cannot be mistaken for an option or for standard input.
  const auto result = run_poppler(
      options_.pdfinfo,
      {"-f",
       "1",
       "-l",
       std::to_string(kMaxPages + 1),
       fs::absolute(path_).string()},
      options_.time_limit_s,
      kMaxInfoBytes,
      where);
  std::string_view output = result.output;
  while (!output.empty()) {
    auto line = take_line(output);
    // As "Page    3 size:  612 x 792 pts (letter)".
    if (!take_word(line, "Page ") || !take_decimal(line) ||
        !take_word(line, "size:")) {
      continue;
    }
    const auto width = take_decimal(line);
    const auto height =
        take_word(line, "x") ? take_decimal(line) : std::nullopt;
    sizes_.push_back({width.value_or(0), height.value_or(0)});
  }
  check(!sizes_.empty(), where, kNoPages);
  check(
      num_pages() <= kMaxPages,
      where,
      ": has more than ",
      kMaxPages,
      " pages; split it, as with qpdf --split-pages=1000 IN.pdf OUT.pdf");
}

page::LoadedPage PdfFile::render(int64_t page) const {
  check(
      page >= 1 && page <= num_pages(),
      path_.string(),
      ": expected a page of 1 to ",
      num_pages(),
      ", got ",
      page);
  const std::string where = concat(path_.string(), ": page ", page);
  const Size& size = sizes_[static_cast<size_t>(page - 1)];
  check(
      size.width > 0 && size.height > 0,
      where,
      ": damaged page, it has no size");
  const double scale = static_cast<double>(options_.dpi) / kPointsPerInch;
  const double num_pixels =
      std::ceil(size.width * scale) * std::ceil(size.height * scale);
  const double largest_scale = std::sqrt(
      static_cast<double>(page::kMaxPixels) / (size.width * size.height));
  check(
      num_pixels <= static_cast<double>(page::kMaxPixels),
      where,
      ": ",
      size.width,
      " x ",
      size.height,
      " points are more than ",
      page::kMaxPixels,
      " pixels at ",
      options_.dpi,
      " dpi; set dpi to less than ",
      std::ceil(largest_scale * kPointsPerInch));
  const auto number = std::to_string(page);
  const auto result = run_poppler(
      options_.pdftoppm,
      {"-r",
       std::to_string(options_.dpi),
       "-cropbox",
       "-f",
       number,
       "-l",
       number,
       fs::absolute(path_).string()},
      options_.time_limit_s,
      kMaxPageBytes,
      where);
  auto image = parse_ppm(result.output);
  check(
      image.has_value(),
      where,
      ": ",
      options_.pdftoppm,
      " gives no page; damaged file? Repair it with qpdf IN.pdf OUT.pdf");
  return {std::move(*image), find_warnings(result.errors)};
}

std::string
PdfFile::text(int64_t first, int64_t last, const std::string& pdftotext) const {
  check(
      first >= 1 && first <= last && last <= num_pages(),
      path_.string(),
      ": expected pages of 1 to ",
      num_pages(),
      ", got ",
      first,
      " to ",
      last);
  return run_poppler(
             pdftotext,
             {"-enc",
              "UTF-8",
              "-f",
              std::to_string(first),
              "-l",
              std::to_string(last),
              fs::absolute(path_).string(),
              "-"},
             options_.time_limit_s,
             kMaxTextBytes,
             concat(path_.string(), ": text layer"))
      .output;
}

} // namespace microfiche::document
