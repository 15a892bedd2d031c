#include "data/page_drawer.h"

#include "core/error.h"
#include "core/utf8.h"
#include "data/entry_grid.h"
#include "data/page_distortion.h"
#include "page/resize.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <functional>

namespace microfiche::data {
namespace {

// Characters that a line loses on average because words do not break.
constexpr double kRaggedCharacters = 2.5;

/// Mean advance of a character of `sample` over the font size.
double mean_advance(const std::string& font, const std::string& sample) {
  rendering::PageStyle style;
  style.font = font;
  style.font_size_px = 32;
  style.page_width_px = 4096;
  style.page_height_px = 256;
  const rendering::PageRenderer renderer(style);
  // A font without all of ASCII fails here, before any worker begins.
  std::string all;
  for (char character = '!'; character <= '~'; ++character) {
    all += character;
  }
  renderer.check_text(all, "font " + font);

  const auto page = renderer.render_first(sample);
  double advances = 0;
  for (const auto& glyph : page.glyphs) {
    advances += glyph.width;
  }
  // Spaces have no box; they are about half as wide as a letter, and a fifth.
  return advances / static_cast<double>(page.glyphs.size()) / 32 * 0.9;
}

std::vector<rendering::TypeSize> scaled(
    std::vector<rendering::TypeSize> sizes,
    double factor) {
  for (auto& size : sizes) {
    size.font_size_px *= factor;
    size.line_distance_px *= factor;
  }
  return sizes;
}

/// The largest font size at which `characters` of running text should fill a
/// page, by the area that they need.
double expected_font_size(
    double width_px,
    double height_px,
    double line_height,
    double mean_advance,
    double characters) {
  double low = 1;
  double high = height_px;
  for (int i = 0; i < 30; ++i) {
    const double size = (low + high) / 2;
    const double per_line = width_px / (mean_advance * size);
    const double lines = std::floor(height_px / (line_height * size));
    const double room =
        std::max(per_line - kRaggedCharacters, per_line / 2) * lines;
    (room >= characters ? low : high) = size;
  }
  return low;
}

/// Grey text on grey paper, as `contrast` leaves it of black on white.
void set_contrast(rendering::PageStyle& style, double contrast) {
  const auto grey = [contrast](double value) {
    const auto level = std::lround(127.5 + (value - 127.5) * contrast);
    char colour[8];
    std::snprintf(
        colour, sizeof colour, "#%02lx%02lx%02lx", level, level, level);
    return std::string(colour);
  };
  style.text_colour = grey(0);
  style.background_colour = grey(255);
}

std::vector<uint8_t> luminances(const page::PageImage& image) {
  // Grey text on grey paper: the three channels are equal.
  std::vector<uint8_t> result(image.rgb.size() / 3);
  for (size_t i = 0; i < result.size(); ++i) {
    result[i] = image.rgb[3 * i];
  }
  return result;
}

/// The largest font size from `low` to `high` for which `fits`, which holds for
/// no size above one that does not fit; `low` if none fits.
double largest_fitting(
    double low,
    double high,
    const std::function<bool(double)>& fits) {
  for (int i = 0; i < 30; ++i) {
    const double size = (low + high) / 2;
    (fits(size) ? low : high) = size;
  }
  return low;
}

} // namespace

PageDrawer::PageDrawer(
    PageMixConfig mix,
    const BatchConfig& batch,
    const DatasetModel& model,
    const std::string& sample_text)
    : mix_(std::move(mix)),
      points_per_page_(batch.points_per_page),
      points_per_token_(batch.points_per_token),
      loose_points_(batch.loose_points),
      modes_(model.untiled_modes(mode_names(mix_))),
      pixels_per_token_(model.pixels_per_token) {
  for (const auto& [name, mode] : modes_) {
    vision_tokens_[name] = model.vision_tokens(mode);
  }
  for (const auto& font : mix_.fonts) {
    fonts_.push_back(
        {font, mean_advance(font, sample_text), fixed_advance(font)});
    if (fonts_.back().fixed_advance > 0) {
      monospaced_.push_back(fonts_.back());
    }
  }
}

bool PageDrawer::has_monospaced_font() const {
  return !monospaced_.empty();
}

void PageDrawer::check_mode(const std::string& mode) const {
  check(
      modes_.contains(mode),
      "training pages: no mode named \"",
      mode,
      "\" in the mix");
}

int64_t PageDrawer::side_px(const std::string& mode) const {
  check_mode(mode);
  return modes_.at(mode).base_size_px;
}

int64_t PageDrawer::vision_tokens(const std::string& mode) const {
  check_mode(mode);
  return vision_tokens_.at(mode);
}

PageSample PageDrawer::draw(
    const std::string& mode,
    const std::string& text,
    int64_t characters,
    const std::optional<Range>& fill,
    RandomStream& random) const {
  auto look = draw_look(mode, fonts_, random);
  auto& style = look.style;
  if (!mix_.sizes.empty()) {
    return finish(
        mode,
        rendering::render_in_first_that_fits(
            style, scaled(mix_.sizes, look.enlarged), text),
        look,
        random);
  }
  const auto px = static_cast<double>(style.page_width_px);
  const double largest = expected_font_size(
      px - style.margin_left_px - style.margin_right_px,
      px - style.margin_top_px - style.margin_bottom_px,
      style.line_height,
      look.font.mean_advance,
      static_cast<double>(characters));
  if (const auto& sizes = mix_.font_size_px) {
    const double low = sizes->first * look.enlarged;
    const double high = sizes->second * look.enlarged;
    style.font_size_px =
        draw_log(random, {low, std::clamp(largest, low, high)});
  } else {
    style.font_size_px = draw_even(random, fill.value_or(mix_.fill)) * largest;
  }
  auto page = rendering::PageRenderer(style).render_first(text);
  return finish(mode, std::move(page), look, random);
}

PageSample PageDrawer::draw_grid(
    const std::string& mode,
    const std::vector<std::string>& entries,
    RandomStream& random) const {
  check(
      has_monospaced_font(),
      "training pages: entries on a grid need a monospaced font, such as "
      "\"DejaVu Sans Mono\", in fonts");
  auto look = draw_look(mode, monospaced_, random);
  auto& style = look.style;
  const auto px = static_cast<double>(style.page_width_px);
  const auto grid_at = [&](double size, double line) {
    EntryGrid grid;
    grid.width = px;
    grid.height = px;
    grid.margin_left = style.margin_left_px;
    grid.margin_top = style.margin_top_px;
    grid.margin_right = style.margin_right_px;
    grid.margin_bottom = style.margin_bottom_px;
    grid.token = static_cast<double>(pixels_per_token_) * look.enlarged;
    grid.advance = look.font.fixed_advance * size;
    grid.line = line;
    return grid;
  };
  if (!mix_.sizes.empty()) {
    const auto sizes = scaled(mix_.sizes, look.enlarged);
    auto size = std::find_if(sizes.begin(), sizes.end(), [&](const auto& one) {
      return grid_at(one.font_size_px, one.line_distance_px).fits(entries);
    });
    size = size == sizes.end() ? size - 1 : size;
    style.font_size_px = size->font_size_px;
    style.line_height = size->line_distance_px / size->font_size_px;
  } else {
    const Range range = mix_.font_size_px.value_or(Range{4, px});
    const double low = range.first * look.enlarged;
    const double high = range.second * look.enlarged;
    const double largest = largest_fitting(low, high, [&](double size) {
      return grid_at(size, style.line_height * size).fits(entries);
    });
    style.font_size_px = mix_.font_size_px
        ? draw_log(random, {low, largest})
        : draw_even(random, mix_.fill) * largest;
  }
  const auto grid =
      grid_at(style.font_size_px, style.line_height * style.font_size_px);
  auto page = rendering::PageRenderer(style).render_first(grid.text(entries));
  return finish(mode, std::move(page), look, random);
}

PageDrawer::Look PageDrawer::draw_look(
    const std::string& mode,
    const std::vector<Font>& fonts,
    RandomStream& random) const {
  const auto side = static_cast<double>(side_px(mode));
  Look look;
  // A range that leaves no choice is not drawn from, so a mix that does not use
  // it gets the pages that it got before the range existed.
  look.enlarged = mix_.resized > 0 && random.uniform() < mix_.resized
      ? draw_even(random, mix_.resized_from)
      : 1;
  const int64_t drawn_side = std::llround(side * look.enlarged);
  auto& style = look.style;
  style.page_width_px = drawn_side;
  style.page_height_px = drawn_side;
  const auto px = static_cast<double>(drawn_side);
  style.margin_top_px = draw_even(random, mix_.margin) * px;
  style.margin_right_px = draw_even(random, mix_.margin) * px;
  style.margin_bottom_px = draw_even(random, mix_.margin) * px;
  style.margin_left_px = draw_even(random, mix_.margin) * px;
  style.line_height = draw_even(random, mix_.line_height);
  if (mix_.contrast != Range{1, 1}) {
    set_contrast(style, draw_even(random, mix_.contrast));
  }
  look.font = random.pick(fonts);
  style.font = look.font.name;
  return look;
}

PageSample PageDrawer::finish(
    const std::string& mode,
    rendering::RenderedPage page,
    const Look& look,
    RandomStream& random) const {
  const int64_t side = side_px(mode);
  const auto px = static_cast<double>(page.image.width);
  PageSample sample;
  sample.side_px = side;
  sample.font_size_px = page.font_size_px / look.enlarged;
  sample.text = page.lines_text;
  sample.characters_per_token =
      static_cast<double>(count_code_points(page.text)) /
      static_cast<double>(vision_tokens(mode));
  sample.points = draw_points(
      random,
      page,
      points_per_page_ + points_per_token_ * vision_tokens(mode),
      loose_points_);
  sample.places = places_of(page);
  if (page.image.width != side) {
    page.image = page::resize_bicubic(page.image, side, side);
    scale_points(sample, static_cast<double>(side) / px);
  }
  sample.pixels = luminances(page.image);
  if (mix_.rotation != Range{0, 0}) {
    rotate(sample, draw_even(random, mix_.rotation));
  }
  return sample;
}

} // namespace microfiche::data
