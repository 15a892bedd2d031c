#pragma once

#include "reading/page_list.h"

#include "core/error.h"
#include "core/json.h"
#include "core/terminal.h"
#include "document/pdf.h"
#include "generation/read.h"
#include "model/loaded_model.h"
#include "page/page_image.h"

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace microfiche::reading {

/// How `PageReader` reads.
struct ReadSettings {
  /// Folder for the results; empty prints the texts.
  std::string output;

  /// Resolution mode, by name; empty is the model's own, as is the prompt.
  std::string mode;
  std::string prompt;

  /// Pages read at once.
  int64_t batch = 1;

  /// Prints above each text which page it is; those of a PDF always have it.
  bool titles = false;

  document::PdfOptions pdf;
  generation::GenerationConfig generation;
};

/// Reads pages to standard output or into a folder, several at once.
///
/// Only the pages being read are in memory. Each result is written as soon as
/// its page has ended, so a run that is killed loses no others.
class PageReader {
 public:
  PageReader(const ReadSettings& settings, model::LoadedModel loaded);

  /// Reads all pages that can be read, but for those whose results an earlier
  /// run with the same settings wrote. Throws `InputError` in the end where one
  /// could not be read; what was read from the others is kept.
  void read(PageList list);

 private:
  /// A page that is being read; saved vision tokens have no image.
  struct EncodedPage {
    page::PageImage image;
    model::VisionTokens tokens;
  };

  // Pages have the number of their place in `pages_`.
  generation::ReadCallbacks callbacks();
  std::optional<generation::NumberedTokens> next();
  void finish(int64_t number, const generation::Reading& reading);
  void end_page(int64_t number, std::string text);
  void report_failures() const;

  std::filesystem::path result_file(const ListedPage& page) const;
  bool is_done(const ListedPage& page) const;
  EncodedPage encode(const ListedPage& page);
  model::VisionTokens load_tokens(const ListedPage& page) const;
  std::string title_line(const ListedPage& page) const;
  void save(
      const ListedPage& page,
      const EncodedPage& encoded,
      const generation::Reading& reading) const;

  ReadSettings settings_;
  model::LoadedModel loaded_;
  page::ResolutionMode mode_;
  /// What a result says about how it came about.
  Json provenance_;
  /// Whether text is printed as it comes, since one page is read at a time.
  bool streamed_ = false;
  std::vector<ListedPage> pages_;
  std::vector<Error> failures_;
  std::optional<Progress> progress_;
  std::map<int64_t, EncodedPage> running_;
  /// Texts that wait for those of earlier pages.
  std::map<int64_t, std::string> waiting_;
  int64_t num_begun_ = 0;
  int64_t num_done_before_ = 0;
  int64_t num_printed_ = 0;
  int64_t num_ended_ = 0;
};

} // namespace microfiche::reading
