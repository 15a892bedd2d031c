#pragma once

#include "page/page_image.h"
#include "page/page_views.h"
#include "page/resolution_mode.h"
#include "server/http/server_config.h"
#include "server/http/work_slots.h"

#include <string>
#include <vector>

namespace microfiche::server {

/// Decodes images and pages of PDF files that clients send. A page may take 200
/// MB, so only who has a slot may hold one.
class PageLoader {
 public:
  explicit PageLoader(const ServerConfig& limits) : limits_(limits) {}

  WorkSlots& slots() {
    return slots_;
  }

  struct Views {
    page::PageViews views;
    std::vector<std::string> warnings;
  };

  /// An image file of one page, as the encoder takes it. Takes a slot. Throws
  /// `ApiError`: status 400 that names `param`, and 503 without a free slot.
  Views load_views(
      const std::string& bytes,
      const std::string& param,
      const page::ResolutionMode& mode);

  struct DocumentPage {
    page::LoadedPage page;
    int64_t num_pages = 1;
  };

  /// A page, from 1, of an image or a PDF file. The caller has a slot. Throws
  /// `ApiError` (status 400).
  DocumentPage load_document(const std::string& bytes, int64_t page);

 private:
  page::LoadedPage
  decode(const std::string& bytes, const std::string& where, int64_t page);

  static constexpr int kSlots = 4;

  const ServerConfig& limits_;
  WorkSlots slots_{kSlots};
};

} // namespace microfiche::server
