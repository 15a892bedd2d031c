#include "rendering/page_layout.h"

#include "core/utf8.h"

#include <algorithm>

namespace microfiche::rendering {
namespace {

/// Fills the columns of a page, line after line.
class PageLayoutBuilder {
 public:
  PageLayoutBuilder(
      std::string_view text,
      const PageStyle& style,
      FontSet& fonts)
      : text_(text),
        style_(style),
        metrics_(fonts.metrics()),
        line_pitch_(style.line_height * style.font_size_px),
        line_extent_(line_extent(style, metrics_)),
        column_height_(
            static_cast<double>(style.page_height_px) - style.margin_top_px -
            style.margin_bottom_px),
        layout_(fonts) {}

  PageLayout build(size_t begin) {
    size_t at = begin;
    if (!begins_paragraph(text_, begin)) {
      // Skips the white space at the end of the previous page.
      at = skip_space(text_, begin, paragraph_from(text_, begin).end);
    }
    while (at < text_.size() && !full_) {
      const Paragraph paragraph = paragraph_from(text_, at);
      if (trim_end(text_, at, paragraph.end) == at) {
        at = add_blank_line(paragraph);
      } else {
        at = add_paragraph(paragraph);
      }
    }
    while (!page_.lines.empty() &&
           page_.lines.back().begin == page_.lines.back().end) {
      page_.lines.pop_back();
    }
    page_.next = at;
    return std::move(page_);
  }

 private:
  /// Moves to the next column if this one has no room for a line. False if the
  /// page is full.
  bool make_room() {
    if (y_ + line_extent_ > column_height_) {
      y_ = 0;
      ++column_;
    }
    full_ = column_ == style_.columns;
    return !full_;
  }

  /// Returns the byte at which the next paragraph begins.
  size_t add_blank_line(const Paragraph& paragraph) {
    if (!page_.lines.empty() && make_room()) {
      page_.lines.push_back({paragraph.begin, paragraph.begin});
      y_ += line_pitch_;
    }
    return paragraph.next;
  }

  /// Returns the byte at which the text continues: after the paragraph, or
  /// inside it if the page is full.
  size_t add_paragraph(const Paragraph& paragraph) {
    layout_.set_direction(base_direction(text_, paragraph.begin));
    size_t at = paragraph.begin;
    size_t budget = bytes_that_may_fit();
    while (at < paragraph.end) {
      const size_t end = piece_end(at, paragraph.end, budget);
      layout_.lay_out(text_, at, end, style_);
      const auto& lines = layout_.lines();
      // The last line of a piece that ends inside its paragraph may break too
      // early.
      const size_t num_final =
          end == paragraph.end ? lines.size() : lines.size() - 1;
      for (size_t i = 0; i < num_final; ++i) {
        // Pango also breaks runs of spaces, which gives empty lines.
        if (trim_end(text_, lines[i].begin, lines[i].end) == lines[i].begin) {
          continue;
        }
        if (!make_room()) {
          return lines[i].begin;
        }
        add_line(i);
      }
      at = num_final < lines.size() ? lines[num_final].begin : end;
      budget = num_final == 0 ? budget * 2 : bytes_that_may_fit();
    }
    y_ += style_.paragraph_spacing_px;
    return paragraph.next;
  }

  void add_line(size_t index) {
    const double left = style_.margin_left_px +
        static_cast<double>(column_) *
            (column_width(style_) + style_.column_gap_px);
    const double glyph_height = metrics_.ascent + metrics_.descent;
    const double baseline = style_.margin_top_px + y_ +
        (line_extent_ - glyph_height) / 2 + metrics_.ascent;
    const auto& line = layout_.lines()[index];
    layout_.place(
        index,
        left,
        baseline,
        metrics_,
        static_cast<int64_t>(page_.lines.size()),
        page_.placed);
    page_.lines.push_back({line.begin, line.end});
    y_ += line_pitch_;
  }

  /// Slightly more bytes than probably fit the rest of the page.
  size_t bytes_that_may_fit() const {
    constexpr double kNarrowCharacter = 0.45; // of the font size
    const double columns_left = static_cast<double>(style_.columns - column_) -
        std::min(y_ / column_height_, 1.0);
    const double lines_left = columns_left * column_height_ / line_pitch_ + 2;
    const double bytes_per_line =
        column_width(style_) / (kNarrowCharacter * style_.font_size_px) + 1;
    return static_cast<size_t>(lines_left * bytes_per_line);
  }

  /// The end of a piece of about `budget` bytes: after a space if there is
  /// one, never inside a character.
  size_t piece_end(size_t begin, size_t end, size_t budget) const {
    if (end - begin <= budget) {
      return end;
    }
    const size_t space = text_.rfind(' ', begin + budget);
    if (space != std::string_view::npos && space > begin + budget / 2) {
      return space + 1;
    }
    return next_code_point(text_.substr(0, end), begin + budget);
  }

  const std::string_view text_;
  const PageStyle& style_;
  const FontSet::Metrics metrics_;
  const double line_pitch_;
  const double line_extent_;
  const double column_height_;
  ParagraphLayout layout_;
  PageLayout page_;
  /// Where the next line goes: its column, and its distance from the top.
  int64_t column_ = 0;
  double y_ = 0;
  bool full_ = false;
};

} // namespace

double line_extent(const PageStyle& style, const FontSet::Metrics& metrics) {
  return std::max(
      style.line_height * style.font_size_px, metrics.ascent + metrics.descent);
}

PageLayout lay_out_page(
    std::string_view text,
    size_t begin,
    const PageStyle& style,
    FontSet& fonts) {
  return PageLayoutBuilder(text, style, fonts).build(begin);
}

} // namespace microfiche::rendering
