#pragma once

#include "page/page_image.h"
#include "server/server_config.h"

#include <semaphore>
#include <string>

namespace microfiche::server {

/// Decodes images and pages of PDF files that clients send, a few at a time,
/// because a page may take 200 MB.
class PageLoader {
 public:
  explicit PageLoader(const ServerConfig& limits) : limits_(limits) {}

  /// An image file of one page. Throws `ApiError` (status 400) that names
  /// `param`.
  page::LoadedPage load_image(
      const std::string& bytes,
      const std::string& param);

  struct DocumentPage {
    page::LoadedPage page;
    int64_t num_pages = 1;
  };

  /// A page, from 1, of an image or a PDF file. Throws `ApiError` (status 400).
  DocumentPage load_document(const std::string& bytes, int64_t page);

 private:
  page::LoadedPage
  decode(const std::string& bytes, const std::string& where, int64_t page);

  static constexpr int kSlots = 4;

  const ServerConfig& limits_;
  std::counting_semaphore<kSlots> slots_{kSlots};
};

} // namespace microfiche::server
