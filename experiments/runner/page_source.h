#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "experiments/runner/sweep_config.h"
#include "page/page_image.h"
#include "page/resolution_mode.h"

namespace microfiche::experiments {

/// A page of a sweep before it is read.
struct SweepPage {
  page::PageImage image;

  /// What is visible on it: its words, with a line break at the end of each
  /// visual line.
  std::string reference;

  /// By DeepSeek-OCR's tokenizer, of the text before it was broken into lines.
  int64_t text_tokens = 0;
  int64_t characters = 0;

  std::string font;
  double font_size_px = 0;

  /// Whether not all of the intended text fit at the smallest font size.
  bool cut = false;

  double render_seconds = 0;
};

/// Makes the pages of a sweep. Page i of a cell is the same whoever makes it
/// and whatever was made before.
class PageSource {
 public:
  /// Reads the texts. `counter` counts text tokens. Throws `InputError` for a
  /// missing or empty text.
  PageSource(
      const SweepConfig& sweep,
      std::function<int64_t(std::string_view)> counter);

  /// Page `index` of a cell. `vision_tokens` is what a page of this mode
  /// nominally takes. Pages begin at places spread evenly over the text, the
  /// same places for every mode, style and length, so that cells can be
  /// compared page by page.
  SweepPage make(
      const Cell& cell,
      int64_t index,
      const page::ResolutionMode& mode,
      int64_t vision_tokens) const;

  /// An empty page of a mode in a style.
  page::PageImage blank(
      const std::string& style,
      const page::ResolutionMode& mode) const;

  /// Characters of all texts.
  int64_t num_characters() const {
    return static_cast<int64_t>(text_.size());
  }

 private:
  std::string text_of(const Cell& cell, int64_t index, int64_t vision_tokens)
      const;
  std::string running_text(int64_t index, int64_t bytes) const;
  std::string words_of(TextKind kind, int64_t index, int64_t characters) const;
  const SweepStyle& style_of(const std::string& name) const;

  const SweepConfig sweep_;
  const std::function<int64_t(std::string_view)> counter_;

  /// All documents one after the other, white space collapsed.
  std::string text_;
};

} // namespace microfiche::experiments
