#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "conditions/text/text_condition.h"
#include "page/page_image.h"
#include "page/resolution_mode.h"
#include "sources/page_collection.h"
#include "sources/running_text.h"
#include "sweep/run/page_maker.h"
#include "sweep/sweep_config.h"
#include "sweep/sweep_page.h"

namespace microfiche::sweep {

/// Makes the pages of a sweep. Page i of a cell depends on the config alone,
/// not on the worker or on earlier pages. For one thread.
class PageSource {
 public:
  /// Reads the texts. `counter` counts text tokens. Throws `InputError` for a
  /// missing or empty text, and for axes that need text if the source is a
  /// collection of finished pages.
  PageSource(
      const SweepConfig& sweep,
      std::function<int64_t(std::string_view)> counter);

  /// Pages of a cell.
  int64_t num_pages(const Cell& cell) const;

  /// Page `index` of a cell, for a model with vision tokens of
  /// `pixels_per_token`. Pages begin at positions spread evenly over the text.
  /// The positions are the same for every mode, style and length, so that cells
  /// can be compared page by page. Pages of a collection keep its order.
  SweepPage make(
      const Cell& cell,
      int64_t index,
      const page::ResolutionMode& mode,
      int64_t pixels_per_token) const;

  /// The text of page `index` of a cell before it is set. `vision_tokens` is
  /// what a square page of the cell's mode nominally takes. Only for cells with
  /// `has_text`.
  conditions::PageText
  text(const Cell& cell, int64_t index, int64_t vision_tokens) const;

  /// Whether the cell's pages are set from text and not those of a collection.
  bool has_text(const Cell& cell) const {
    return source_of(cell).text.has_value();
  }

  /// The files of a cell's text, as the config names them.
  const std::vector<std::string>& texts(const Cell& cell) const {
    return cell.source ? sweep_.sources.at(*cell.source) : sweep_.texts;
  }

  const SweepStyle& style(const std::string& name) const;

  /// An empty page of a mode in a style.
  page::PageImage blank(
      const std::string& style_name,
      const page::ResolutionMode& mode) const;

 private:
  /// Running text, or the pages of a collection with their text tokens.
  struct Source {
    std::optional<sources::RunningText> text;
    std::vector<sources::CollectedPage> pages;
    std::vector<int64_t> text_tokens;
  };

  Source read_source(const std::vector<std::string>& texts) const;
  const Source& source_of(const Cell& cell) const;
  std::vector<size_t> pages_of(const Cell& cell) const;
  uint64_t seed_of(const Cell& cell) const;
  conditions::PageText treated_text(
      const Cell& cell,
      int64_t index,
      int64_t characters,
      int64_t skipped_words = 0) const;
  SweepPage untreated_page(
      const Cell& cell,
      int64_t index,
      const page::ResolutionMode& mode,
      int64_t pixels_per_token) const;
  SweepPage collected_page(const Cell& cell, int64_t index) const;

  const SweepConfig sweep_;
  const std::function<int64_t(std::string_view)> counter_;
  mutable PageMaker maker_;

  /// By the names of the axis; under "" for a sweep without that axis.
  std::map<std::string, Source> sources_;
};

} // namespace microfiche::sweep
