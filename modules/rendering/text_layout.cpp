#include "rendering/text_layout.h"

#include "core/error.h"
#include "rendering/visible_text.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace microfiche::rendering {
namespace {

bool is_break(gunichar character) {
  return (character >= '\n' && character <= '\r') || character == 0x85 ||
      character == 0x2028 || character == 0x2029;
}

/// Whether a character may begin a paragraph break; in UTF-8, by first byte.
bool may_begin_break(char byte) {
  return (byte >= '\n' && byte <= '\r') || byte == '\xC2' || byte == '\xE2';
}

GlyphRun& run_of_font(PlacedGlyphs& placed, cairo_scaled_font_t* font) {
  for (auto& run : placed.runs) {
    if (run.font == font) {
      return run;
    }
  }
  placed.runs.push_back({font, {}});
  return placed.runs.back();
}

double to_px(int pango_units) {
  return static_cast<double>(pango_units) / PANGO_SCALE;
}

PangoAlignment pango_alignment(Alignment alignment, bool right_to_left) {
  if (alignment == Alignment::kCenter) {
    return PANGO_ALIGN_CENTER;
  }
  return (alignment == Alignment::kRight) != right_to_left ? PANGO_ALIGN_RIGHT
                                                           : PANGO_ALIGN_LEFT;
}

/// Adds the boxes of a cluster. The characters of a ligature share its width
/// evenly; a mark shares the box of the character before it.
void add_boxes(
    std::string_view text,
    size_t begin,
    size_t end,
    bool right_to_left,
    GlyphBox cluster,
    std::vector<GlyphBox>& boxes) {
  std::vector<size_t> starts;
  for (size_t at = begin; at < end;) {
    const size_t start = at;
    const gunichar character = next_character(text, at);
    if (starts.empty() ||
        !(g_unichar_ismark(character) || g_unichar_iszerowidth(character))) {
      starts.push_back(start);
    }
  }
  const float width = cluster.width / static_cast<float>(starts.size());
  for (size_t i = 0; i < starts.size(); ++i) {
    const size_t position = right_to_left ? starts.size() - 1 - i : i;
    GlyphBox box = cluster;
    box.byte_begin = static_cast<int64_t>(starts[i]);
    box.byte_end =
        static_cast<int64_t>(i + 1 < starts.size() ? starts[i + 1] : end);
    box.x += width * static_cast<float>(position);
    box.width = width;
    boxes.push_back(box);
  }
}

[[noreturn]] void
throw_missing(std::string_view text, size_t at, const FontSet& fonts) {
  const size_t begin = at;
  const gunichar character = next_character(text, at);
  throw InputError(concat(
      "no glyph for ",
      describe_character(character),
      " at byte ",
      begin,
      " in ",
      fonts.files().front()));
}

} // namespace

std::string describe_character(gunichar character) {
  char number[16];
  std::snprintf(number, sizeof number, "U+%04X", character);
  if (!g_unichar_isgraph(character) || g_unichar_ismark(character)) {
    return number;
  }
  char bytes[8] = {};
  g_unichar_to_utf8(character, bytes);
  return concat(number, " \"", bytes, "\"");
}

gunichar next_character(std::string_view text, size_t& at) {
  const char* character = text.data() + at;
  at += static_cast<size_t>(g_utf8_next_char(character) - character);
  return g_utf8_get_char(character);
}

Paragraph paragraph_from(std::string_view text, size_t begin) {
  size_t at = begin;
  while (at < text.size()) {
    if (!may_begin_break(text[at])) {
      ++at;
      continue;
    }
    const size_t end = at;
    const gunichar character = next_character(text, at);
    if (is_break(character)) {
      const bool pair =
          character == '\r' && at < text.size() && text[at] == '\n';
      return {begin, end, pair ? at + 1 : at};
    }
  }
  return {begin, text.size(), text.size()};
}

bool begins_paragraph(std::string_view text, size_t at) {
  if (at == 0) {
    return true;
  }
  const char* previous = g_utf8_prev_char(text.data() + at);
  return is_break(g_utf8_get_char(previous));
}

PangoDirection base_direction(std::string_view text, size_t at) {
  while (!begins_paragraph(text, at)) {
    at = static_cast<size_t>(g_utf8_prev_char(text.data() + at) - text.data());
  }
  const size_t end = paragraph_from(text, at).end;
  // Deprecated for FriBidi's functions, which need another library.
  G_GNUC_BEGIN_IGNORE_DEPRECATIONS
  const auto direction =
      pango_find_base_dir(text.data() + at, static_cast<int>(end - at));
  G_GNUC_END_IGNORE_DEPRECATIONS
  return direction == PANGO_DIRECTION_RTL ? direction : PANGO_DIRECTION_LTR;
}

size_t trim_end(std::string_view text, size_t begin, size_t end) {
  while (end > begin) {
    const char* previous = g_utf8_prev_char(text.data() + end);
    const gunichar character = g_utf8_get_char(previous);
    if (!g_unichar_isspace(character) && !is_invisible(character)) {
      break;
    }
    end = static_cast<size_t>(previous - text.data());
  }
  return end;
}

size_t skip_space(std::string_view text, size_t begin, size_t end) {
  while (begin < end) {
    size_t next = begin;
    const gunichar character = next_character(text, next);
    if (!g_unichar_isspace(character) && !is_invisible(character)) {
      break;
    }
    begin = next;
  }
  return begin;
}

void ParagraphLayout::set_direction(PangoDirection direction) {
  PangoContext* context = pango_layout_get_context(fonts_->layout());
  pango_context_set_base_dir(context, direction);
}

void ParagraphLayout::lay_out(
    std::string_view text,
    size_t begin,
    size_t end,
    const PageStyle& style) {
  text_ = text;
  begin_ = begin;
  PangoLayout* layout = fonts_->layout();
  pango_layout_set_width(
      layout, static_cast<int>(column_width(style) * PANGO_SCALE));
  pango_layout_set_indent(
      layout,
      begins_paragraph(text, begin)
          ? static_cast<int>(style.first_line_indent_px * PANGO_SCALE)
          : 0);
  const bool right_to_left =
      pango_context_get_base_dir(pango_layout_get_context(layout)) ==
      PANGO_DIRECTION_RTL;
  pango_layout_set_alignment(
      layout, pango_alignment(style.alignment, right_to_left));
  pango_layout_set_justify(layout, style.alignment == Alignment::kJustify);
  pango_layout_set_text(
      layout, text.data() + begin, static_cast<int>(end - begin));

  lines_.clear();
  pango_lines_.clear();
  left_edges_.clear();
  const std::unique_ptr<PangoLayoutIter, FreeIter> iter(
      pango_layout_get_iter(layout));
  do {
    PangoLayoutLine* line = pango_layout_iter_get_line_readonly(iter.get());
    PangoRectangle logical = {};
    pango_layout_iter_get_line_extents(iter.get(), nullptr, &logical);
    const size_t line_begin = begin + static_cast<size_t>(line->start_index);
    lines_.push_back(
        {line_begin, line_begin + static_cast<size_t>(line->length)});
    pango_lines_.push_back(line);
    left_edges_.push_back(logical.x);
  } while (pango_layout_iter_next_line(iter.get()) != FALSE);
}

void ParagraphLayout::place(
    size_t index,
    double left,
    double baseline,
    FontSet::Metrics metrics,
    int64_t line_of_page,
    PlacedGlyphs& placed) const {
  const size_t first_box = placed.boxes.size();
  GlyphBox box;
  box.line = line_of_page;
  box.y = static_cast<float>(baseline - metrics.ascent);
  box.height = static_cast<float>(metrics.ascent + metrics.descent);
  // In Pango's units, from the column's left edge.
  int x = left_edges_[index];
  bool in_order = true;
  for (GSList* node = pango_lines_[index]->runs; node != nullptr;
       node = node->next) {
    const auto* run = static_cast<PangoGlyphItem*>(node->data);
    const PangoItem& item = *run->item;
    const PangoGlyphString& glyphs = *run->glyphs;
    const size_t item_begin = begin_ + static_cast<size_t>(item.offset);
    const size_t item_end = item_begin + static_cast<size_t>(item.length);
    const bool right_to_left = item.analysis.level % 2 == 1;
    auto& drawn = run_of_font(
                      placed,
                      pango_cairo_font_get_scaled_font(
                          PANGO_CAIRO_FONT(item.analysis.font)))
                      .glyphs;
    // Glyphs are in visual order. Those of one cluster share the byte at which
    // it begins.
    size_t earlier_end = item_end;
    for (int i = 0; i < glyphs.num_glyphs;) {
      const int cluster = glyphs.log_clusters[i];
      const size_t cluster_begin = item_begin + static_cast<size_t>(cluster);
      const int cluster_x = x;
      for (; i < glyphs.num_glyphs && glyphs.log_clusters[i] == cluster; ++i) {
        const PangoGlyphInfo& glyph = glyphs.glyphs[i];
        if ((glyph.glyph & PANGO_GLYPH_UNKNOWN_FLAG) != 0) {
          throw_missing(text_, cluster_begin, *fonts_);
        }
        if (glyph.glyph != PANGO_GLYPH_EMPTY) {
          drawn.push_back(
              {glyph.glyph,
               std::round(left + to_px(x + glyph.geometry.x_offset)),
               std::round(baseline + to_px(glyph.geometry.y_offset))});
        }
        x += glyph.geometry.width;
      }
      size_t cluster_end = right_to_left ? earlier_end : item_end;
      if (!right_to_left && i < glyphs.num_glyphs) {
        cluster_end = item_begin + static_cast<size_t>(glyphs.log_clusters[i]);
      }
      earlier_end = cluster_begin;
      size_t after_first = cluster_begin;
      if (!g_unichar_isspace(next_character(text_, after_first))) {
        box.x = static_cast<float>(left + to_px(cluster_x));
        box.width = static_cast<float>(to_px(x - cluster_x));
        add_boxes(
            text_,
            cluster_begin,
            cluster_end,
            right_to_left,
            box,
            placed.boxes);
      }
    }
    in_order = in_order && !right_to_left;
  }
  if (!in_order) {
    std::stable_sort(
        placed.boxes.begin() + static_cast<int64_t>(first_box),
        placed.boxes.end(),
        [](const auto& a, const auto& b) {
          return a.byte_begin < b.byte_begin;
        });
  }
}

} // namespace microfiche::rendering
