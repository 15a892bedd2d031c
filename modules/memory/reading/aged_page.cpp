#include "memory/reading/aged_page.h"

#include "core/error.h"
#include "memory/turn_text.h"
#include "rendering/page_renderer.h"

#include <algorithm>
#include <cmath>

namespace microfiche::memory {
namespace {

/// A length of the first picture on one that is `factor` times as large.
int64_t scaled(int64_t length, double factor) {
  return std::max<int64_t>(
      1, std::llround(static_cast<double>(length) * factor));
}

} // namespace

PageAger::PageAger(Store& store, const StoredPlan& plan)
    : store_(store), plan_(plan) {
  for (const auto& style : styles(store)) {
    layouts_.emplace(style.id, style.layout);
  }
  for (const auto& page : pages(store, plan.conversation)) {
    pages_.emplace(page.id, page);
  }
}

rendering::PageStyle PageAger::style_of(
    const LayoutConfig& layout,
    const StoredPlanItem& item,
    const page::ResolutionMode& mode,
    const AgeingConfig& ageing) const {
  const auto original = original_of(store_, item.page);
  auto style = rendering::in_pixels(layout.page_style);
  const bool pads = mode.fit == page::Fit::kPad;
  const auto side = static_cast<double>(mode.base_size_px);
  const auto longest =
      static_cast<double>(std::max(original.width, original.height));
  const double x =
      side / (pads ? longest : static_cast<double>(original.width));
  const double y =
      side / (pads ? longest : static_cast<double>(original.height));
  style.page_width_px = scaled(original.width, x);
  style.page_height_px = scaled(original.height, y);
  style.margin_left_px *= x;
  style.margin_right_px *= x;
  style.margin_top_px *= y;
  style.margin_bottom_px *= y;
  style.column_gap_px *= x;
  style.first_line_indent_px *= x;
  style.paragraph_spacing_px *= y;
  style.font_size_px = ageing.font_size_px;
  if (ageing.line_height > 0) {
    style.line_height = ageing.line_height;
  }
  return style;
}

const WordCounts& PageAger::counts_up_to(int64_t seq) {
  if (seq < counted_seq_) {
    counts_ = {};
    counted_seq_ = 0;
  }
  Statement query(
      store_.database(),
      "SELECT text FROM turn WHERE conversation = ?1 AND seq > ?2 AND "
      "seq <= ?3");
  query.bind(plan_.conversation, counted_seq_, seq);
  while (query.next()) {
    counts_.add(query.text(0));
  }
  counted_seq_ = seq;
  return counts_;
}

std::vector<StoredPage> PageAger::pages_on(
    const StoredPlanItem& item,
    const std::string& where) const {
  auto ids = read_merged_pages(item.how, where);
  if (ids.empty()) {
    ids.push_back(item.page);
  }
  std::vector<StoredPage> found;
  for (const int64_t id : ids) {
    found.push_back(pages_.at(id));
  }
  return found;
}

AgedPage PageAger::draw(
    const StoredPlanItem& item,
    const page::ResolutionMode& mode,
    const AgeingConfig& ageing) {
  const auto where = concat(
      store_.path().string(), ": page ", item.page, " in mode ", mode.name);
  check(
      !mode.tiled() && ageing.draws(),
      where,
      ": only a mode without tiles can have pages that are drawn again; set "
      "ageing for another mode");
  const auto pages = pages_on(item, where);
  const auto& layout = layouts_.at(pages.front().style);
  auto style = style_of(layout, item, mode, ageing);
  rendering::validate(style, where);
  const rendering::PageRenderer original_type(layout.page_style);
  AgedPage aged;
  if (ageing.how == Ageing::kRedrawn) {
    for (const auto& page : pages) {
      aged.text += concat(
          aged.text.empty() ? "" : "\n",
          page_text(store_, page, layout, original_type));
    }
    try {
      style.font_size_px = rendering::fit_font_size(
          style,
          aged.text,
          ageing.font_size_px,
          std::max(
              ageing.font_size_px,
              rendering::in_pixels(layout.page_style).font_size_px));
    } catch (const InputError& error) {
      throw InputError(concat(
          where,
          ": the text does not fit in type of ",
          ageing.font_size_px,
          " px: ",
          error.what(),
          "; an excerpt always fits"));
    }
  } else {
    const rendering::PageRenderer renderer(style);
    std::vector<ExcerptTurn> turns;
    for (const auto& page : pages) {
      for (const auto& part : page_parts(store_, page, layout, original_type)) {
        turns.push_back({part.mark, part.body});
      }
    }
    aged.text = make_excerpt(
        turns,
        counts_up_to(pages.back().last_seq),
        [&](const std::string& text) {
          return renderer.render_first(text).source_end >=
              static_cast<int64_t>(inked_size(text));
        });
  }
  auto drawn = rendering::PageRenderer(style).render_first(aged.text);
  aged.image = std::move(drawn.image);
  aged.text = std::move(drawn.text);
  aged.type_px = style.font_size_px;
  return aged;
}

} // namespace microfiche::memory
