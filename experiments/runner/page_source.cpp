#include "experiments/runner/page_source.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <functional>

#include "core/error.h"
#include "core/random.h"
#include "data/corpus.h"
#include "data/random_text.h"
#include "metrics/code_points.h"
#include "metrics/text_normalization.h"
#include "rendering/page_renderer.h"
#include "rendering/type_size.h"

namespace microfiche::experiments {
namespace {

/// More characters than a text token ever has on average, for a first draft
/// that is then shortened.
constexpr int64_t kDraftCharactersPerTextToken = 8;

std::string collapse_spaces(const std::string& text) {
  std::string collapsed;
  for (const char32_t c : metrics::decode_utf8(text).text) {
    if (!metrics::is_space(c)) {
      collapsed += metrics::encode_utf8({&c, 1});
    } else if (!collapsed.empty() && collapsed.back() != ' ') {
      collapsed += ' ';
    }
  }
  if (!collapsed.empty() && collapsed.back() == ' ') {
    collapsed.pop_back();
  }
  return collapsed;
}

/// The most whole words of `text` that are fewer than `limit` text tokens.
std::string shorten_to_tokens(
    const std::string& text,
    int64_t limit,
    const std::function<int64_t(std::string_view)>& count) {
  std::vector<size_t> ends;
  for (size_t at = text.find(' '); at != std::string::npos;
       at = text.find(' ', at + 1)) {
    ends.push_back(at);
  }
  ends.push_back(text.size());
  const auto fits = [&](size_t end) {
    return count(std::string_view(text).substr(0, end)) < limit;
  };
  const auto first_too_long =
      std::partition_point(ends.begin(), ends.end(), fits);
  return first_too_long == ends.begin() ? ""
                                        : text.substr(0, *(first_too_long - 1));
}

rendering::PageStyle page_style(
    const SweepStyle& style,
    const std::string& font,
    const page::ResolutionMode& mode) {
  const auto side = mode.base_size_px;
  const double margin = style.margin * static_cast<double>(side);
  rendering::PageStyle page;
  page.page_width_px = side;
  page.page_height_px = side;
  page.margin_top_px = margin;
  page.margin_right_px = margin;
  page.margin_bottom_px = margin;
  page.margin_left_px = margin;
  page.font = font;
  page.line_height = style.line_height;
  page.alignment = style.alignment;
  page.text_colour = style.text_colour;
  page.background_colour = style.background_colour;
  return page;
}

} // namespace

PageSource::PageSource(
    const SweepConfig& sweep,
    std::function<int64_t(std::string_view)> counter)
    : sweep_(sweep), counter_(std::move(counter)) {
  for (const auto& path : sweep_.texts) {
    for (const auto& document : data::read_documents(path)) {
      const bool held_out =
          data::split_of(document, sweep_.held_out_fraction) ==
          data::Split::kHeldOut;
      const auto text = held_out ? collapse_spaces(document.text) : "";
      if (!text.empty()) {
        text_ += (text_.empty() ? "" : " ") + text;
      }
    }
  }
  check(
      !text_.empty(),
      "texts: nothing held out in them; held_out_fraction is ",
      sweep_.held_out_fraction);
}

const SweepStyle& PageSource::style_of(const std::string& name) const {
  return *std::find_if(
      sweep_.styles.begin(), sweep_.styles.end(), [&](const auto& style) {
        return style.name == name;
      });
}

std::string PageSource::running_text(int64_t index, int64_t bytes) const {
  RandomStream random(sweep_.seed, "sweep text", index);
  // Page i begins somewhere in the i-th of equal parts of the text.
  const auto size = static_cast<double>(text_.size());
  const auto pages = static_cast<double>(sweep_.pages_per_cell);
  const auto place = static_cast<size_t>(
      (static_cast<double>(index) + random.uniform()) / pages * size);
  const size_t space = text_.rfind(' ', place);
  const size_t begin = space == std::string::npos ? 0 : space + 1;

  std::string passage = text_.substr(begin, bytes);
  const auto wanted = static_cast<size_t>(bytes);
  while (passage.size() < wanted) {
    passage += ' ';
    passage.append(text_, 0, wanted - passage.size());
  }
  const char next = text_[(begin + bytes) % text_.size()];
  const size_t last_space = passage.rfind(' ');
  // Not the beginning of a word alone, unless it is all there is.
  if (next != ' ' && last_space != std::string::npos && last_space > 0) {
    passage.resize(last_space);
  }
  return passage;
}

std::string
PageSource::words_of(TextKind kind, int64_t index, int64_t characters) const {
  if (kind == TextKind::kCorpus) {
    return running_text(index, characters);
  }
  RandomStream random(sweep_.seed, "sweep words", index);
  auto text = kind == TextKind::kRandomLetters
      ? data::random_letters(random, characters)
      : data::shuffled_words(random, running_text(index, characters));
  const size_t end = text.rfind(' ', characters);
  if (static_cast<int64_t>(text.size()) > characters &&
      end != std::string::npos) {
    text.resize(end);
  }
  return text;
}

std::string PageSource::text_of(
    const Cell& cell,
    int64_t index,
    int64_t vision_tokens) const {
  if (cell.characters_per_token) {
    const auto characters = std::llround(
        *cell.characters_per_token * static_cast<double>(vision_tokens));
    return words_of(cell.text, index, std::max<int64_t>(characters, 1));
  }
  const auto [lower, upper] = *cell.text_tokens;
  RandomStream random(sweep_.seed, "sweep length", index);
  const int64_t limit = random.between(lower + 1, upper);
  const auto text = shorten_to_tokens(
      words_of(cell.text, index, limit * kDraftCharactersPerTextToken),
      limit,
      counter_);
  check(
      counter_(text) >= lower,
      name_of(cell),
      ", page ",
      index,
      ": no whole number of words has a text length in the bin [",
      lower,
      ", ",
      upper,
      "); a wider bin would do");
  return text;
}

SweepPage PageSource::make(
    const Cell& cell,
    int64_t index,
    const page::ResolutionMode& mode,
    int64_t vision_tokens) const {
  const auto& style = style_of(cell.style);
  const auto text = text_of(cell, index, vision_tokens);
  const auto start = std::chrono::steady_clock::now();
  SweepPage page;
  page.font = style.fonts[index % style.fonts.size()];
  auto look = page_style(style, page.font, mode);
  rendering::RenderedPage rendered;
  if (!style.sizes.empty()) {
    rendered = rendering::render_in_first_that_fits(look, style.sizes, text);
  } else {
    try {
      look.font_size_px = rendering::fit_font_size(
          look, text, style.min_font_size_px, style.max_font_size_px);
    } catch (const InputError&) {
      // Not even at the smallest size, or the font lacks a character, which the
      // renderer then says.
      look.font_size_px = style.min_font_size_px;
    }
    rendered = rendering::PageRenderer(look).render_first(text);
  }
  page.cut = rendered.text.size() < text.size();
  page.font_size_px = rendered.font_size_px;
  page.image = std::move(rendered.image);
  page.reference = std::move(rendered.lines_text);
  page.text_tokens = counter_(rendered.text);
  page.characters =
      static_cast<int64_t>(metrics::decode_utf8(rendered.text).text.size());
  page.render_seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start)
          .count();
  return page;
}

page::PageImage PageSource::blank(
    const std::string& style,
    const page::ResolutionMode& mode) const {
  const auto colour =
      rendering::parse_colour(style_of(style).background_colour, style);
  return page::make_page(mode.base_size_px, mode.base_size_px, colour);
}

} // namespace microfiche::experiments
