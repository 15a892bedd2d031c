#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "page/page_image.h"

namespace microfiche::sweep {

/// A question about a page, in place of its transcription; see
/// Note [Questions about a page].
struct PageQuestion {
  /// A key or the beginning of a line.
  std::string asked;

  /// Whether the page states the answer; otherwise "?" is right.
  bool stated = true;

  /// Pairs on the page, 0 for a question about a line, and the values of the
  /// other keys.
  int64_t pairs = 0;
  std::vector<std::string> other_values;

  /// The text on the page, with a line break at the end of each visual line.
  std::string text;
};

template <typename Visitor>
void visit_fields(Visitor&& visit, PageQuestion& question) {
  visit("asked", question.asked);
  visit("stated", question.stated);
  visit("pairs", question.pairs);
  visit("other_values", question.other_values);
  visit("text", question.text);
}

/// A page of a sweep before it is read.
struct SweepPage {
  /// Empty in a sample that comes from a file.
  page::PageImage image;

  /// The visible text: its words, with a line break at the end of each visual
  /// line. For a page of a collection, the reference of the collection. For a
  /// page with a question, the answer.
  std::string reference;

  /// Words of the reference that a condition changed: the index of the word,
  /// from 0, and the original word.
  std::vector<std::pair<int64_t, std::string>> altered_words;

  std::optional<PageQuestion> question;

  /// By DeepSeek-OCR's tokenizer, of the text before it was broken into lines.
  int64_t text_tokens = 0;
  int64_t characters = 0;

  std::string font;
  double font_size_px = 0;

  /// The image's file name, for a page of a collection.
  std::optional<std::string> image_name;

  /// Whether part of the text was left out because it did not fit at the
  /// smallest font size.
  bool truncated = false;

  /// Wall time of drawing or loading it; pages are reused.
  double render_seconds = 0;
};

} // namespace microfiche::sweep
