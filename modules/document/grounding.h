#pragma once

#include "core/config.h"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace microfiche::document {

// Note [Grounded text]
// With <|grounding|> in the prompt, the model writes for each block of a page
//
//   <|ref|>LABEL<|/ref|><|det|>[[x1, y1, x2, y2], ...]<|/det|>
//   CONTENT
//
// Coordinates are whole numbers from 0 to 999, relative to the sides of the
// original page. Known labels are title, sub_title, text, image, image_caption,
// table, table_caption and equation. When the prompt asks to locate something,
// the label is its name; when it asks for lines with boxes, the label is the
// line.
//
// Unlimited-OCR writes
//
//   <|det|>LABEL [x1, y1, x2, y2]<|/det|>CONTENT
//
// with one box in single brackets, a label of letters, digits, "_" and "-", and
// the content on the same line.
//
// The official scripts find this with a regular expression and `eval` the list.
// The parser here accepts the same and nothing else: a label without markup
// inside, a list of at least one box, four numbers per box. Other text that
// begins like markup stays unchanged and is counted as broken.

/// A rectangle in pixels of a page: columns [left, right), rows [top, bottom).
struct Box {
  int64_t left = 0;
  int64_t top = 0;
  int64_t right = 0;
  int64_t bottom = 0;

  bool operator==(const Box&) const = default;
};

template <typename Visitor>
void visit_fields(Visitor&& visit, Box& box) {
  visit("left", box.left);
  visit("top", box.top);
  visit("right", box.right);
  visit("bottom", box.bottom);
}

/// Whether the box contains no pixel, for example because its corners are
/// swapped.
bool is_empty(const Box& box);

/// A block of a page, as the model wrote it.
struct Block {
  /// Kind of block, for example "title"; empty for text before the first
  /// markup.
  std::string label;

  /// Its boxes; none for text before the first markup.
  std::vector<Box> boxes;

  /// All bytes between its markup and the markup of the next block, line breaks
  /// included.
  std::string content;

  bool operator==(const Block&) const = default;
};

template <typename Visitor>
void visit_fields(Visitor&& visit, Block& block) {
  visit("label", block.label);
  visit("boxes", block.boxes);
  visit("content", block.content);
}

/// The blocks of a page.
struct GroundedText {
  std::vector<Block> blocks;

  /// Pieces that begin like markup but are broken; they are part of a content.
  int64_t num_broken = 0;

  bool operator==(const GroundedText&) const = default;
};

template <typename Visitor>
void visit_fields(Visitor&& visit, GroundedText& text) {
  visit("blocks", text.blocks);
  visit("num_broken", text.num_broken);
}

/// Parses the text of a model into blocks, see Note [Grounded text]. Text
/// without markup is one block without a label; an empty text has no block.
///
/// A coordinate v along a side of `page_width` or `page_height` pixels becomes
/// int(v / 999 * side), in double precision as in Python, so no box leaves the
/// page. `text` may be any bytes.
///
/// Throws `InputError` unless both sides are at least 1.
///
/// Source: `re_match`, `extract_coordinates_and_label` and
/// `draw_bounding_boxes` of modeling_deepseekocr.py (deepseek-ai/DeepSeek-OCR)
/// and of modeling_unlimitedocr.py (baidu/Unlimited-OCR).
GroundedText
parse_grounding(std::string_view text, int64_t page_width, int64_t page_height);

/// A box of a block labelled `image`. Its pixels are saved as a separate file.
struct Figure {
  /// Index of its block.
  int64_t block = 0;
  Box box;

  bool operator==(const Figure&) const = default;
};

/// The non-empty boxes of blocks labelled `image`, in order. The index in this
/// list is the number of the figure.
std::vector<Figure> find_figures(const GroundedText& text);

/// Returns the file name of a figure from its number, relative to the Markdown.
using FigureName = std::function<std::string(int64_t)>;

/// Converts a page to Markdown. A figure becomes a link to its image and a line
/// break; other markup is removed; \coloneqq and \eqqcolon become := and =:;
/// more than two line breaks in a row become two; line breaks at both ends are
/// removed.
///
/// The official scripts replace the last three only in text with markup, and
/// link an image block of several boxes once. Here each box has its link.
///
/// Source: `infer` of modeling_deepseekocr.py, and run_dpsk_ocr_pdf.py
/// (deepseek-ai/DeepSeek-OCR).
std::string to_markdown(const GroundedText& text, const FigureName& name);

} // namespace microfiche::document
