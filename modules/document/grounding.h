#pragma once

#include "core/config.h"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace microfiche::document {

// Note [Grounded text]
// Asked with <|grounding|>, the model writes for each block of a page
//
//   <|ref|>LABEL<|/ref|><|det|>[[x1, y1, x2, y2], ...]<|/det|>
//   CONTENT
//
// with whole numbers of 0 to 999 that divide each side of the original page.
// Labels seen are title, sub_title, text, image, image_caption, table,
// table_caption and equation; asked to locate something the model names it
// there, and asked for lines with boxes it writes the line itself as the label.
//
// The official scripts find this with a regular expression and `eval` the list.
// Here a parser reads what they would, and nothing else: a label without
// markup inside, a list of at least one box, four numbers a box. Whatever else
// begins as markup stays in the text as it came, and is counted.

/// A part of a page in pixels: columns [left, right), rows [top, bottom).
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

/// Whether no pixel lies in the box, as where its corners are swapped.
bool is_empty(const Box& box);

/// A block of a page as the model wrote it.
struct Block {
  /// What the block is, e.g. "title"; empty for text before the first markup.
  std::string label;

  /// Where it is; none for text before the first markup.
  std::vector<Box> boxes;

  /// All bytes between its markup and that of the next block, line breaks
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

/// A page's text taken apart.
struct GroundedText {
  std::vector<Block> blocks;

  /// Pieces that begin as markup but are none; they are part of a content.
  int64_t num_broken = 0;

  bool operator==(const GroundedText&) const = default;
};

template <typename Visitor>
void visit_fields(Visitor&& visit, GroundedText& text) {
  visit("blocks", text.blocks);
  visit("num_broken", text.num_broken);
}

/// Takes a model's text apart; see Note [Grounded text]. Text without markup is
/// one block without a label, an empty text none.
///
/// A coordinate v of a side of `page_width` or `page_height` pixels becomes
/// int(v / 999 * side), in double precision as Python computes it, so that a
/// box never leaves the page. `text` may be any bytes.
///
/// Throws `InputError` unless both sides are at least 1.
///
/// Source: `re_match`, `extract_coordinates_and_label` and
/// `draw_bounding_boxes` of modeling_deepseekocr.py (deepseek-ai/DeepSeek-OCR).
GroundedText
parse_grounding(std::string_view text, int64_t page_width, int64_t page_height);

/// A box of a block labelled `image`, which is cut out as a file of its own.
struct Figure {
  /// Index of its block.
  int64_t block = 0;
  Box box;

  bool operator==(const Figure&) const = default;
};

/// The boxes that are not empty of blocks labelled `image`, in their order. An
/// index in this list is the number of a figure.
std::vector<Figure> find_figures(const GroundedText& text);

/// Names the file of a figure by its number, relative to the Markdown.
using FigureName = std::function<std::string(int64_t)>;

/// The page in Markdown: a figure becomes a link to its image and a line break,
/// all other markup goes, \coloneqq and \eqqcolon become := and =:, and
/// more than two line breaks in a row two. Line breaks at either end go.
///
/// The official scripts do the latter replacements only where there is markup,
/// and link an image block of several boxes once; here each has its link.
///
/// Source: `infer` of modeling_deepseekocr.py, and run_dpsk_ocr_pdf.py
/// (deepseek-ai/DeepSeek-OCR).
std::string to_markdown(const GroundedText& text, const FigureName& name);

} // namespace microfiche::document
