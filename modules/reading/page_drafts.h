#pragma once

#include "document/pdf.h"
#include "generation/draft.h"
#include "reading/input_page.h"
#include "tokenizer/tokenizer.h"

#include <cstddef>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <utility>

namespace microfiche::reading {

/// The drafts of pages; see Note [Drafts] in generation/draft.h.
///
/// A draft is a UTF-8 text or a PDF file for all pages, or "pdf": each page of
/// a PDF has its own text layer as its draft. A file of that name is "./pdf".
class PageDrafts {
 public:
  /// Size of the largest draft.
  static constexpr size_t kMaxBytes = size_t{64} << 20;

  /// `pages` are the pages that will be read. Throws `InputError` when nothing
  /// can be drafted: for a file that is missing, empty, larger than kMaxBytes
  /// or not a text, for a PDF without text, and for "pdf" without a page that
  /// has a text layer. Warns about pages without one.
  PageDrafts(
      const std::string& source,
      const document::PdfOptions& pdf,
      const tokenizer::Tokenizer& tokenizer,
      std::span<const InputPage> pages);

  /// The draft of a page, or null.
  std::shared_ptr<const generation::Draft> find(const InputPage& page) const;

  /// The draft of several pages that have one answer, or null.
  std::shared_ptr<const generation::Draft> find(
      std::span<const InputPage> pages) const;

 private:
  using PageKey = std::pair<const document::PdfFile*, int64_t>;

  void add_text_layers(std::span<const InputPage> pages);

  const tokenizer::Tokenizer* tokenizer_;
  /// The draft of all pages; null with "pdf".
  std::shared_ptr<const generation::Draft> common_;
  /// The text layers of the pages that have one.
  std::map<PageKey, std::string> texts_;
};

} // namespace microfiche::reading
