#include "data/page_dataset.h"

#include "core/error.h"
#include "core/utf8.h"
#include "data/page_distortion.h"
#include "page/resize.h"
#include "rendering/page_renderer.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace microfiche::data {
namespace {

// Characters that a line loses on average because words do not break.
constexpr double kRaggedCharacters = 2.5;

double draw(RandomStream& random, const Range& range) {
  return random.uniform(range.first, range.second);
}

double draw_log(RandomStream& random, const Range& range) {
  return std::exp(
      random.uniform(std::log(range.first), std::log(range.second)));
}

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

} // namespace

PageDataset::PageDataset(
    std::shared_ptr<const Corpus> corpus,
    PageMixConfig mix,
    BatchConfig batch,
    const std::vector<page::ResolutionMode>& modes,
    tokenizer::Tokenizer tokenizer,
    int64_t end_id,
    uint64_t seed,
    int64_t pixels_per_token)
    : corpus_(std::move(corpus)),
      mix_(std::move(mix)),
      batch_(batch),
      tokenizer_(std::move(tokenizer)),
      end_id_(end_id),
      seed_(seed),
      pixels_per_token_(pixels_per_token) {
  for (const auto& name : mode_names(mix_)) {
    const auto mode = page::find_mode(name, modes);
    check(
        !mode.tiled() && mode.base_size_px % pixels_per_token_ == 0,
        "training pages: mode \"",
        name,
        "\" must be without tiles, and its side a multiple of ",
        pixels_per_token_,
        " px");
    modes_[name] = mode;
  }
  const std::string& longest = std::max_element(
                                   corpus_->documents().begin(),
                                   corpus_->documents().end(),
                                   [](const Document& a, const Document& b) {
                                     return a.text.size() < b.text.size();
                                   })
                                   ->text;
  auto sample = longest.substr(0, 2000);
  sample.resize(sample.size() - incomplete_utf8_suffix(sample));
  for (const auto& font : mix_.fonts) {
    mean_advances_.push_back(mean_advance(font, sample));
  }
}

int64_t PageDataset::vision_tokens(const std::string& mode) const {
  const int64_t side = modes_.at(mode).base_size_px / pixels_per_token_;
  return side * side;
}

PageSample PageDataset::page(const PageRequest& request, RandomStream& random)
    const {
  const auto mode = modes_.find(request.mode);
  check(
      mode != modes_.end(),
      "training pages: no mode named \"",
      request.mode,
      "\" in the mix");
  const int64_t side = mode->second.base_size_px;
  const int64_t tokens = vision_tokens(request.mode);
  const int64_t characters =
      std::max<int64_t>(1, std::llround(request.characters_per_token * tokens));

  std::string text;
  switch (request.text) {
    case TextKind::kCorpus:
      text = corpus_->passage(random, characters);
      break;
    case TextKind::kRandomLetters:
      text = random_letters(random, characters, mix_.letters);
      break;
    case TextKind::kShuffledWords:
      text = shuffled_words(random, corpus_->passage(random, characters));
      break;
  }

  // A range that leaves no choice is not drawn from, so a mix that does not use
  // it gets the pages that it got before the range existed.
  const double enlarged = mix_.resized > 0 && random.uniform() < mix_.resized
      ? draw(random, mix_.resized_from)
      : 1;
  const int64_t drawn_side = std::llround(static_cast<double>(side) * enlarged);
  rendering::PageStyle style;
  style.page_width_px = drawn_side;
  style.page_height_px = drawn_side;
  const auto px = static_cast<double>(drawn_side);
  style.margin_top_px = draw(random, mix_.margin) * px;
  style.margin_right_px = draw(random, mix_.margin) * px;
  style.margin_bottom_px = draw(random, mix_.margin) * px;
  style.margin_left_px = draw(random, mix_.margin) * px;
  style.line_height = draw(random, mix_.line_height);
  if (mix_.contrast != Range{1, 1}) {
    set_contrast(style, draw(random, mix_.contrast));
  }
  const size_t font = random.below(mix_.fonts.size());
  style.font = mix_.fonts[font];
  rendering::RenderedPage page;
  if (!mix_.sizes.empty()) {
    page = rendering::render_in_first_that_fits(
        style, scaled(mix_.sizes, enlarged), text);
  } else {
    const double width = px - style.margin_left_px - style.margin_right_px;
    const double height = px - style.margin_top_px - style.margin_bottom_px;
    const double largest = expected_font_size(
        width,
        height,
        style.line_height,
        mean_advances_[font],
        static_cast<double>(characters));
    if (const auto& sizes = mix_.font_size_px) {
      const double low = sizes->first * enlarged;
      const double high = sizes->second * enlarged;
      style.font_size_px =
          draw_log(random, {low, std::clamp(largest, low, high)});
    } else {
      style.font_size_px =
          draw(random, request.fill.value_or(mix_.fill)) * largest;
    }
    page = rendering::PageRenderer(style).render_first(text);
  }
  PageSample sample;
  sample.side_px = side;
  sample.font_size_px = page.font_size_px / enlarged;
  sample.text = page.lines_text;
  sample.characters_per_token =
      static_cast<double>(count_code_points(page.text)) /
      static_cast<double>(tokens);
  sample.points =
      draw_points(random, page, batch_.points_per_page, batch_.loose_points);
  sample.places = places_of(page);
  if (drawn_side != side) {
    page.image = page::resize_bicubic(page.image, side, side);
    scale_points(sample, static_cast<double>(side) / px);
  }
  sample.pixels = luminances(page.image);
  if (mix_.rotation != Range{0, 0}) {
    rotate(sample, draw(random, mix_.rotation));
  }
  return sample;
}

PageBatch PageDataset::batch(int64_t index) const {
  RandomStream random(seed_, "batch", index);
  PageBatch batch;
  batch.index = index;
  const PageMixConfig mix = mix_at(mix_, index);
  batch.mode = draw_name(random, mix.modes);
  batch.side_px = modes_.at(batch.mode).base_size_px;
  batch.vision_tokens = vision_tokens(batch.mode);

  const Range range = mix.characters_per_token;
  const double lowest = draw_log(
      random,
      {range.first,
       std::max(range.first, range.second / batch_.density_spread)});
  const Range densities = {
      lowest, std::min(range.second, lowest * batch_.density_spread)};
  const double characters_per_page =
      lowest * static_cast<double>(batch.vision_tokens);
  batch.pages = std::max<int64_t>(
      1,
      std::min(
          static_cast<int64_t>(
              static_cast<double>(batch_.characters) / characters_per_page),
          batch_.vision_tokens / batch.vision_tokens));

  const int64_t pixels_per_page = batch.side_px * batch.side_px;
  batch.pixels.reserve(batch.pages * pixels_per_page);
  std::vector<std::vector<int64_t>> answers;
  std::vector<std::vector<std::pair<float, float>>> places;
  for (int64_t i = 0; i < batch.pages; ++i) {
    PageRequest request;
    request.mode = batch.mode;
    request.fill = mix.fill;
    request.text = text_kind(draw_name(random, mix_.texts));
    request.characters_per_token = draw_log(random, densities);
    PageSample sample = page(request, random);

    batch.pixels.insert(
        batch.pixels.end(), sample.pixels.begin(), sample.pixels.end());
    for (const auto& point : sample.points) {
      batch.points.push_back(point.x_px);
      batch.points.push_back(point.y_px);
      batch.point_labels.push_back(point.label);
    }
    answers.push_back(tokenizer_.encode(sample.text, /*added_tokens=*/false));
    places.emplace_back();
    size_t byte = 0;
    for (const int64_t id : answers.back()) {
      places.back().push_back(sample.places[byte]);
      byte += tokenizer_.token_bytes(id).size();
    }
    places.back().push_back(sample.places.back());
    answers.back().push_back(end_id_);
    batch.longest =
        std::max(batch.longest, static_cast<int64_t>(answers.back().size()));
    batch.characters += count_code_points(sample.text);
    const double share = 1.0 / static_cast<double>(batch.pages);
    batch.characters_per_token += share * sample.characters_per_token;
    batch.font_size_px += share * sample.font_size_px;
    batch.texts.push_back(std::move(sample.text));
  }
  batch.answers.assign(batch.pages * batch.longest, PageBatch::kPadding);
  batch.answer_points.assign(batch.pages * batch.longest * 2, -1.0F);
  for (int64_t i = 0; i < batch.pages; ++i) {
    std::copy(
        answers[i].begin(),
        answers[i].end(),
        batch.answers.begin() + i * batch.longest);
    for (size_t j = 0; j < places[i].size(); ++j) {
      float* point = &batch.answer_points[2 * (i * batch.longest + j)];
      point[0] = places[i][j].first;
      point[1] = places[i][j].second;
    }
  }
  return batch;
}

} // namespace microfiche::data
