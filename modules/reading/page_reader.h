#pragma once

#include "core/error.h"
#include "core/json.h"
#include "core/terminal.h"
#include "generation/read.h"
#include "model/loaded_model.h"
#include "page/page_image.h"
#include "page/resolution_mode.h"
#include "reading/input_page.h"
#include "reading/page_drafts.h"
#include "reading/result_folder.h"
#include "reading/training_warnings.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace microfiche::reading {

/// How `PageReader` reads.
struct PageReaderConfig {
  /// Folder for the results; empty to print the texts.
  std::string output;

  /// Name of the resolution mode; empty for the model's default. The same for
  /// the prompt.
  std::string mode;
  std::string prompt;

  /// Pages that are read at the same time.
  int64_t batch = 1;

  /// Reads all pages in one prompt; see Note [Pages together].
  bool together = false;

  /// Page style of texts, a file; empty for `find_text_style`'s choice.
  std::string style;

  /// Pages of a document, see `PageListConfig::range`.
  std::string pages;
  document::PdfOptions pdf;
  generation::GenerationConfig generation;

  /// Where drafts come from, see `PageDrafts`; empty: no drafts. Drafts change
  /// no result, so results do not record it.
  std::string draft;
};

/// Reads pages to standard output or into a folder, several at a time.
///
/// Only the pages that are being read are in memory. Each result is written as
/// soon as its page is finished, so a run that is killed loses no other page.
class PageReader {
 public:
  /// Throws `InputError` for a prompt without `<image>` and for pages together
  /// that the model does not read, and `UsageError` for an unknown mode and for
  /// pages together with a `batch`.
  PageReader(const PageReaderConfig& config, model::LoadedModel loaded);

  /// Reads all pages of the files, except those that an earlier run with the
  /// same settings finished and whose file is unchanged. A page that fails does
  /// not stop the others; at the end `InputError` reports the failures. Warns
  /// about pages and modes that differ from what the model was trained on.
  ///
  /// Pages together have one answer, so they fail together: `InputError` for a
  /// page that fails, for pages of different modes, and for more pages than fit
  /// into the model's positions. See `texts_of_pages`.
  ///
  /// Printed texts have a title line when there are several files or the file
  /// has several pages; `titles` always prints it.
  void read(const std::vector<InputFile>& files, bool titles = false);

 private:
  /// A page that is being read; saved vision tokens have no image.
  struct EncodedPage {
    LoadedInput input;
    model::VisionTokens tokens;
  };

  // Pages are numbered by their index in `pages_`.
  void list(const std::vector<InputFile>& files);
  generation::ReadCallbacks callbacks();
  std::optional<generation::NumberedTokens> next();
  void finish(int64_t number, const generation::Reading& reading);
  void end_page(int64_t number, std::string text);
  void report_failures(std::string_view ending) const;

  void read_together();
  std::vector<model::VisionTokens> encode_together();
  void check_fit(int64_t page_positions, const std::string& mode);

  EncodedPage encode(const InputPage& page);
  model::VisionTokens load_tokens(const InputPage& page);
  Json settings_of(const InputPage& page) const;
  std::string title_line(const InputPage& page) const;
  void save(int64_t number, const generation::Reading& reading);

  PageReaderConfig config_;
  model::LoadedModel loaded_;
  page::ResolutionMode mode_;
  TrainingWarnings training_warnings_;
  /// The settings that results record.
  Json settings_;
  bool titles_ = false;
  /// Whether text is printed as it is generated: one page at a time.
  bool streamed_ = false;
  std::vector<InputPage> pages_;
  std::optional<PageDrafts> drafts_;
  /// Names of the pages' results; empty without an output folder.
  std::vector<std::string> names_;
  std::optional<ResultFolder> results_;
  std::vector<Error> failures_;
  std::optional<Progress> progress_;
  std::map<int64_t, EncodedPage> running_;
  /// Texts that wait for the texts of earlier pages.
  std::map<int64_t, std::string> waiting_;
  /// Whether it was said how many pages fit into a prompt.
  bool said_fit_ = false;
  int64_t num_started_ = 0;
  int64_t num_done_before_ = 0;
  int64_t num_printed_ = 0;
  int64_t num_ended_ = 0;
};

} // namespace microfiche::reading
