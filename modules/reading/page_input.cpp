#include "reading/page_input.h"

#include "core/config.h"
#include "core/error.h"
#include "core/files.h"
#include "core/terminal.h"
#include "page/image_file.h"
#include "rendering/page_renderer.h"
#include "rendering/page_style.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <span>
#include <string_view>
#include <utility>

namespace microfiche::reading {
namespace {

/// Letters of a page that was made for a mode, in pixels: smaller ones cannot
/// be told apart, larger ones help nobody.
constexpr double kSmallestFont = 6;
constexpr double kLargestFont = 18;

/// The largest page without compression, 16 bits a channel and alpha.
constexpr size_t kLargestFile = size_t{page::kMaxPixels} * 8;

/// Whether these could be the bytes of a text. PNG and JPEG begin with a byte
/// that no UTF-8 begins with; TIFF and WebP have zeros in their first bytes.
bool is_text(std::string_view bytes) {
  const auto first = static_cast<unsigned char>(bytes.front());
  const auto start = bytes.substr(0, 4096);
  return !(first >= 0x80 && first < 0xC2) && first < 0xF5 &&
      !start.starts_with("%PDF-") &&
      std::none_of(start.begin(), start.end(), [](unsigned char c) {
        return c < 0x20 && c != '\t' && c != '\n' && c != '\r' && c != '\f';
      });
}

page::PageImage render_text(
    const std::string& text,
    const std::string& where,
    const page::ResolutionMode& mode,
    const std::string& style_file) {
  rendering::PageStyle style;
  if (style_file.empty()) {
    const double margin = static_cast<double>(mode.base_size_px) / 32;
    style.page_width_px = mode.base_size_px;
    style.page_height_px = mode.base_size_px;
    style.margin_top_px = margin;
    style.margin_right_px = margin;
    style.margin_bottom_px = margin;
    style.margin_left_px = margin;
    rendering::PageRenderer(style).check_text(text, where);
    style.font_size_px =
        rendering::fit_font_size(style, text, kSmallestFont, kLargestFont);
  } else {
    style = load_config<rendering::PageStyle>(style_file);
  }
  const rendering::PageRenderer renderer(style);
  renderer.check_text(text, where);
  auto pages = renderer.render(text);
  check(
      pages.size() == 1,
      where,
      ": the text fills ",
      pages.size(),
      " pages of this style and one is encoded at a time; `microfiche render` "
      "makes an image of each");
  return std::move(pages.front().image);
}

} // namespace

bool has_image_name(const std::filesystem::path& path) {
  std::string ending = path.extension().string();
  std::transform(ending.begin(), ending.end(), ending.begin(), [](char c) {
    return static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  });
  constexpr std::array<std::string_view, 6> kEndings = {
      ".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff"};
  return std::find(kEndings.begin(), kEndings.end(), ending) != kEndings.end();
}

page::PageImage load_pdf_page(
    const document::PdfFile& pdf,
    int64_t page,
    const std::string& title) {
  auto rendered = pdf.render(page);
  if (!rendered.complaint.empty()) {
    warn(concat(title, ": the page may lack something: ", rendered.complaint));
  }
  return std::move(rendered.image);
}

page::PageImage load_page(
    const std::filesystem::path& input,
    const page::ResolutionMode& mode,
    const std::string& style_file,
    int64_t pdf_page) {
  const std::string where = input.string();
  if (document::is_pdf(input)) {
    check<UsageError>(
        style_file.empty(), "--style has no effect on the PDF ", where);
    const document::PdfFile pdf(input);
    check<UsageError>(
        pdf_page > 0 || pdf.num_pages() == 1,
        where,
        ": has ",
        pdf.num_pages(),
        " pages and one is encoded at a time; say which with --page");
    return load_pdf_page(pdf, std::max<int64_t>(pdf_page, 1), where);
  }
  check<UsageError>(
      pdf_page == 0, "--page has no effect: ", where, " is no PDF file");
  const std::string bytes = read_file(input, kLargestFile);
  check(!bytes.empty(), where, ": expected an image or a text, got no byte");
  if (!has_image_name(input) && is_text(bytes)) {
    return render_text(bytes, where, mode, style_file);
  }
  check<UsageError>(
      style_file.empty(), "--style has no effect on the image ", where);
  return page::decode_image(std::as_bytes(std::span(bytes)), where);
}

} // namespace microfiche::reading
