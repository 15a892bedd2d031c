#include "sweep/run/page_maker.h"

#include <chrono>

#include "core/crypto.h"
#include "core/error.h"
#include "core/utf8.h"
#include "data/entry_grid.h"
#include "metrics/words.h"
#include "page/image_file.h"
#include "rendering/type_size.h"
#include "rendering/visible_text.h"

namespace microfiche::sweep {
namespace {

using std::chrono::steady_clock;

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

/// Renders as many pairs as fit, each at the left edge of a vision token, in
/// the first size in which all of them fit.
rendering::RenderedPage render_grid(
    const SweepStyle& style,
    rendering::PageStyle look,
    const std::vector<std::pair<std::string, std::string>>& pairs,
    int64_t pixels_per_token) {
  const double advance = data::fixed_advance(look.font);
  check(
      advance > 0,
      "styles: \"",
      style.name,
      "\": grid needs monospaced fonts, which ",
      look.font,
      " is not");
  std::vector<std::string> entries;
  for (const auto& [key, value] : pairs) {
    entries.push_back(key + " " + value);
  }
  data::EntryGrid grid;
  grid.width = static_cast<double>(look.page_width_px);
  grid.height = static_cast<double>(look.page_height_px);
  grid.margin_left = look.margin_left_px;
  grid.margin_top = look.margin_top_px;
  grid.margin_right = look.margin_right_px;
  grid.margin_bottom = look.margin_bottom_px;
  grid.token = static_cast<double>(pixels_per_token);
  for (const auto& size : style.sizes) {
    grid.advance = advance * size.font_size_px;
    grid.line = size.line_distance_px;
    look.font_size_px = size.font_size_px;
    look.line_height = size.line_distance_px / size.font_size_px;
    if (grid.fits(entries)) {
      break;
    }
  }
  return rendering::PageRenderer(look).render_first(grid.text(entries));
}

/// Renders as much of the text as fits on a page of this style.
rendering::RenderedPage render(
    const SweepStyle& style,
    const std::string& font,
    const page::ResolutionMode& mode,
    const conditions::PageText& content,
    int64_t pixels_per_token) {
  const auto& text = content.text;
  if (style.layout) {
    return rendering::PageRenderer(*style.layout).render_first(text);
  }
  auto look = page_style(style, font, mode);
  if (style.grid && !content.pairs.empty()) {
    return render_grid(style, look, content.pairs, pixels_per_token);
  }
  if (!style.sizes.empty()) {
    return rendering::render_in_first_that_fits(look, style.sizes, text);
  }
  try {
    look.font_size_px = rendering::fit_font_size(
        look, text, style.min_font_size_px, style.max_font_size_px);
  } catch (const InputError&) {
    // The text does not fit at the smallest size, or the font lacks a
    // character, which the renderer then reports.
    look.font_size_px = style.min_font_size_px;
  }
  return rendering::PageRenderer(look).render_first(text);
}

/// The index of each altered word among the words of the page. A word that is
/// broken over two lines is left out.
std::vector<std::pair<int64_t, std::string>> altered_on_page(
    const std::vector<std::pair<int64_t, std::string>>& altered,
    const rendering::RenderedPage& page) {
  const auto split = [](const std::string& text) {
    return metrics::split_at_spaces(decode_utf8(text).text);
  };
  const auto words = split(page.text);
  const auto on_page = split(page.lines_text);
  std::vector<std::pair<int64_t, std::string>> found;
  auto next = altered.begin();
  size_t at = 0;
  for (size_t i = 0; i < words.size() && at < on_page.size(); ++i) {
    const bool is_altered =
        next != altered.end() && next->first == static_cast<int64_t>(i);
    if (on_page[at] == words[i]) {
      if (is_altered) {
        found.emplace_back(at, next->second);
      }
      ++at;
    } else {
      for (size_t length = 0; at < on_page.size() && length < words[i].size();
           ++at) {
        length += on_page[at].size();
      }
    }
    next += is_altered;
  }
  return found;
}

double seconds_since(steady_clock::time_point start) {
  return std::chrono::duration<double>(steady_clock::now() - start).count();
}

size_t bytes_of(const std::shared_ptr<const SweepPage>& page) {
  return page->image.rgb.size() + page->reference.size();
}

} // namespace

page::Colour background_of(const SweepStyle& style) {
  return rendering::parse_colour(
      style.layout ? style.layout->background_colour : style.background_colour,
      style.name);
}

std::optional<rendering::UndrawableCharacter> find_undrawable(
    const SweepStyle& style,
    const std::string& font,
    std::string_view text) {
  auto look = style.layout.value_or(rendering::PageStyle());
  look.font = font;
  const auto found =
      rendering::PageRenderer(look).find_undrawable(text, /*max_count=*/1);
  return found.empty() ? std::nullopt : std::optional(found.front());
}

PageMaker::PageMaker(std::function<int64_t(std::string_view)> counter)
    : counter_(std::move(counter)) {}

std::shared_ptr<const SweepPage> PageMaker::draw(
    const SweepStyle& style,
    const std::string& font,
    const page::ResolutionMode& mode,
    const conditions::PageText& text,
    int64_t pixels_per_token) {
  auto look = style;
  look.name.clear();
  const Json content = {
      write_config(look),
      font,
      style.layout ? 0 : mode.base_size_px,
      text.text,
      text.altered,
      style.grid ? pixels_per_token : 0};
  const auto make = [&]() -> std::shared_ptr<const SweepPage> {
    const auto start = steady_clock::now();
    auto rendered = render(style, font, mode, text, pixels_per_token);
    SweepPage page;
    page.render_seconds = seconds_since(start);
    page.image = std::move(rendered.image);
    page.reference = rendered.lines_text;
    page.altered_words = altered_on_page(text.altered, rendered);
    page.text_tokens = counter_(rendered.text);
    page.characters = decode_utf8(rendered.text).text.size();
    page.font = font;
    page.font_size_px = rendered.font_size_px;
    // Invisible characters at the end belong to no page.
    const auto rest = style.grid && !text.pairs.empty()
        ? std::string_view()
        : std::string_view(text.text).substr(rendered.source_end);
    page.truncated = !rendering::VisibleText(rest).text().empty();
    return std::make_shared<const SweepPage>(std::move(page));
  };
  return pages_.get(sha256(content.dump()), make, bytes_of);
}

std::shared_ptr<const SweepPage> PageMaker::load(
    const std::filesystem::path& file) {
  const auto make = [&]() -> std::shared_ptr<const SweepPage> {
    const auto start = steady_clock::now();
    SweepPage page;
    page.image = page::read_image(file);
    page.render_seconds = seconds_since(start);
    return std::make_shared<const SweepPage>(std::move(page));
  };
  return pages_.get(file.string(), make, bytes_of);
}

} // namespace microfiche::sweep
