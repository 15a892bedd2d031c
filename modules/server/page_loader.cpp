#include "server/page_loader.h"

#include "core/files.h"
#include "document/pdf.h"
#include "page/image_file.h"
#include "page/image_header.h"
#include "server/http/api_error.h"

#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <span>
#include <utility>

namespace microfiche::server {
namespace {

std::span<const std::byte> as_span(const std::string& bytes) {
  return std::as_bytes(std::span(bytes.data(), bytes.size()));
}

/// A file that is removed at the end of the scope: Poppler reads files.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& bytes) {
    std::string name =
        (std::filesystem::temp_directory_path() / "microfiche-XXXXXX.pdf")
            .string();
    const int descriptor = mkstemps(name.data(), /*suffixlen=*/4);
    check<IoError>(descriptor != -1, "cannot make a temporary file ", name);
    ::close(descriptor);
    path_ = name;
    write_file(path_, bytes);
  }
  ~TemporaryFile() {
    std::error_code ignored;
    std::filesystem::remove(path_, ignored);
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  const std::filesystem::path& path() const {
    return path_;
  }

 private:
  std::filesystem::path path_;
};

} // namespace

page::LoadedPage PageLoader::decode(
    const std::string& bytes,
    const std::string& where,
    int64_t page) {
  const auto header = page::read_image_header(as_span(bytes), where, page);
  check(
      header.width <= limits_.max_pixels / header.height,
      where,
      ": has ",
      header.width,
      " x ",
      header.height,
      " pixels, at most ",
      limits_.max_pixels,
      " are allowed");
  return page::decode_page(as_span(bytes), where, page);
}

PageLoader::Views PageLoader::load_views(
    const std::string& bytes,
    const std::string& param,
    const page::ResolutionMode& mode) {
  const WorkSlots::Slot slot(slots_);
  try {
    check(
        page::read_image_header(as_span(bytes), param).num_pages == 1,
        param,
        ": has several pages; send each as an image");
    auto page = decode(bytes, param, 1);
    return {page::make_views(page.image, mode), std::move(page.warnings)};
  } catch (const InputError& error) {
    throw ApiError(400, error.what(), param);
  }
}

PageLoader::DocumentPage PageLoader::load_document(
    const std::string& bytes,
    int64_t page) {
  constexpr size_t kPdfMarkBefore = 1024;
  if (bytes.substr(0, kPdfMarkBefore).find("%PDF-") == std::string::npos) {
    const auto header = page::read_image_header(as_span(bytes), "the file");
    return {decode(bytes, "the file", page), header.num_pages};
  }
  const TemporaryFile file(bytes);
  try {
    const document::PdfFile pdf(file.path());
    return {pdf.render(page), pdf.num_pages()};
  } catch (const InputError& error) {
    // The temporary name means nothing to a client.
    std::string message = error.what();
    const auto name = file.path().string();
    if (message.starts_with(name)) {
      message.replace(0, name.size(), "the file");
    }
    throw ApiError(400, message);
  }
}

} // namespace microfiche::server
