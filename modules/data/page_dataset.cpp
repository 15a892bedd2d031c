#include "data/page_dataset.h"

#include "core/error.h"
#include "rendering/page_renderer.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

namespace microfiche::data {
namespace {

// Characters that a line loses on average because words do not break.
constexpr double kRaggedCharacters = 2.5;

void check_range(
    const Range& range,
    double least,
    double most,
    const char* field,
    const std::string& where) {
  check(
      range.first >= least && range.first <= range.second &&
          range.second <= most,
      where,
      ".",
      field,
      ": expected [low, high] with ",
      least,
      " <= low <= high <= ",
      most,
      ", got [",
      range.first,
      ", ",
      range.second,
      "]");
}

void check_weights(
    const std::map<std::string, double>& weights,
    const char* field,
    const std::string& where) {
  double sum = 0;
  for (const auto& [name, weight] : weights) {
    check(
        weight >= 0 && std::isfinite(weight),
        where,
        ".",
        field,
        ".",
        name,
        ": a weight cannot be ",
        weight);
    sum += weight;
  }
  check(sum > 0, where, ".", field, ": expected a name with a weight above 0");
}

const std::string& draw_name(
    RandomStream& random,
    const std::map<std::string, double>& weights) {
  double sum = 0;
  for (const auto& [name, weight] : weights) {
    sum += weight;
  }
  double place = random.uniform(0, sum);
  const std::string* chosen = nullptr;
  for (const auto& [name, weight] : weights) {
    if (weight > 0) {
      chosen = &name;
      if (place < weight) {
        break;
      }
      place -= weight;
    }
  }
  return *chosen;
}

double draw(RandomStream& random, const Range& range) {
  return random.uniform(range.first, range.second);
}

double draw_log(RandomStream& random, const Range& range) {
  return std::exp(
      random.uniform(std::log(range.first), std::log(range.second)));
}

TextKind text_kind(const std::string& name) {
  return Json(name).get<TextKind>();
}

/// Mean advance of a character of `sample` over the font size.
double mean_advance(const std::string& font, const std::string& sample) {
  rendering::PageStyle style;
  style.font = font;
  style.font_size_px = 32;
  style.page_width_px = 4096;
  style.page_height_px = 256;
  const rendering::PageRenderer renderer(style);
  // Fails here, before any worker begins, for a font without all of ASCII.
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

std::vector<uint8_t> luminances(const page::PageImage& image) {
  // Black on white: the three channels are equal.
  std::vector<uint8_t> result(image.rgb.size() / 3);
  for (size_t i = 0; i < result.size(); ++i) {
    result[i] = image.rgb[3 * i];
  }
  return result;
}

int64_t label_at(const rendering::RenderedPage& page, float x_px, float y_px) {
  for (const auto& glyph : page.glyphs) {
    if (x_px >= glyph.x && x_px < glyph.x + glyph.width && y_px >= glyph.y &&
        y_px < glyph.y + glyph.height) {
      return static_cast<uint8_t>(page.text[glyph.byte_begin]);
    }
  }
  return GlyphPoint::kBlank;
}

std::vector<GlyphPoint> draw_points(
    RandomStream& random,
    const rendering::RenderedPage& page,
    const BatchConfig& batch) {
  std::vector<GlyphPoint> points(batch.points_per_page);
  const auto side = static_cast<float>(page.image.width);
  // The last pixel's centre: a point belongs to a vision token of the page.
  const float last = side - 0.5F;
  for (auto& point : points) {
    if (random.uniform() < batch.loose_points) {
      point.x_px = static_cast<float>(random.uniform()) * last;
      point.y_px = static_cast<float>(random.uniform()) * last;
      point.label = label_at(page, point.x_px, point.y_px);
    } else {
      const auto& glyph = random.pick(page.glyphs);
      // The middle half of its box, where nothing of a neighbour is drawn.
      point.x_px = std::clamp(
          glyph.x +
              glyph.width * static_cast<float>(random.uniform(0.25, 0.75)),
          0.0F,
          last);
      point.y_px = std::clamp(
          glyph.y +
              glyph.height * static_cast<float>(random.uniform(0.25, 0.75)),
          0.0F,
          last);
      point.label = static_cast<uint8_t>(page.text[glyph.byte_begin]);
    }
  }
  return points;
}

/// Where each byte of the page's lines stands; see `PageSample::places`.
std::vector<std::pair<float, float>> places_of(
    const rendering::RenderedPage& page) {
  const float last = static_cast<float>(page.image.width) - 0.5F;
  std::vector<std::pair<float, float>> places;
  size_t glyph = 0;
  std::pair<float, float> behind = {0.0F, 0.0F};
  for (const char byte : page.lines_text) {
    const auto code = static_cast<unsigned char>(byte);
    const bool continues = (code & 0xC0) == 0x80;
    if (code > ' ' && !continues && glyph < page.glyphs.size()) {
      const auto& box = page.glyphs[glyph++];
      const float y = std::clamp(box.y + box.height / 2, 0.0F, last);
      places.emplace_back(std::clamp(box.x + box.width / 2, 0.0F, last), y);
      behind = {std::clamp(box.x + box.width + 1, 0.0F, last), y};
    } else if (continues) {
      places.push_back(places.back());
    } else {
      places.push_back(behind);
    }
  }
  places.push_back(behind);
  return places;
}

} // namespace

void validate(const PageMixConfig& config, const std::string& where) {
  check_weights(config.modes, "modes", where);
  check_weights(config.texts, "texts", where);
  for (const auto& [name, weight] : config.texts) {
    check(
        Json(text_kind(name)) == Json(name),
        where,
        ".texts: no kind of text named \"",
        name,
        "\"",
        did_you_mean(name, {"corpus", "random_letters", "shuffled_words"}));
  }
  check_range(
      config.characters_per_token, 0.1, 1000, "characters_per_token", where);
  if (config.first_characters_per_token) {
    check_range(
        *config.first_characters_per_token,
        0.1,
        1000,
        "first_characters_per_token",
        where);
  }
  check(
      config.ramp_batches >= 0 &&
          (config.ramp_batches > 0) ==
              config.first_characters_per_token.has_value(),
      where,
      ": first_characters_per_token and ramp_batches (above 0) belong together");
  check(!config.fonts.empty(), where, ".fonts: expected at least one");
  check_range(config.fill, 0.1, 2, "fill", where);
  check_range(config.margin, 0, 0.4, "margin", where);
  check_range(config.line_height, 0.5, 5, "line_height", where);
}

void validate(const BatchConfig& config, const std::string& where) {
  check(
      config.characters >= 1,
      where,
      ".characters: must be at least 1, got ",
      config.characters);
  check(
      config.vision_tokens >= 1,
      where,
      ".vision_tokens: must be at least 1, got ",
      config.vision_tokens);
  check(
      config.density_spread >= 1 && config.density_spread <= 10,
      where,
      ".density_spread: must be from 1 to 10, got ",
      config.density_spread);
  check(
      config.points_per_page >= 0,
      where,
      ".points_per_page: must not be negative, got ",
      config.points_per_page);
  check(
      config.loose_points >= 0 && config.loose_points <= 1,
      where,
      ".loose_points: must be from 0 to 1, got ",
      config.loose_points);
}

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
  for (const auto& [name, weight] : mix_.modes) {
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
  for (const auto& font : mix_.fonts) {
    mean_advances_.push_back(mean_advance(font, longest.substr(0, 2000)));
  }
}

int64_t PageDataset::vision_tokens(const std::string& mode) const {
  const int64_t side = modes_.at(mode).base_size_px / pixels_per_token_;
  return side * side;
}

Range PageDataset::density_range(int64_t index) const {
  if (index >= mix_.ramp_batches) {
    return mix_.characters_per_token;
  }
  const double way =
      static_cast<double>(index) / static_cast<double>(mix_.ramp_batches);
  const auto between = [&](double first, double last) {
    return first * std::pow(last / first, way);
  };
  return {
      between(
          mix_.first_characters_per_token->first,
          mix_.characters_per_token.first),
      between(
          mix_.first_characters_per_token->second,
          mix_.characters_per_token.second)};
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

  rendering::PageStyle style;
  style.page_width_px = side;
  style.page_height_px = side;
  const auto px = static_cast<double>(side);
  style.margin_top_px = draw(random, mix_.margin) * px;
  style.margin_right_px = draw(random, mix_.margin) * px;
  style.margin_bottom_px = draw(random, mix_.margin) * px;
  style.margin_left_px = draw(random, mix_.margin) * px;
  style.line_height = draw(random, mix_.line_height);
  const size_t font = random.below(mix_.fonts.size());
  style.font = mix_.fonts[font];
  rendering::RenderedPage page;
  if (!mix_.sizes.empty()) {
    page = rendering::render_in_first_that_fits(style, mix_.sizes, text);
  } else {
    const double width = px - style.margin_left_px - style.margin_right_px;
    const double height = px - style.margin_top_px - style.margin_bottom_px;
    style.font_size_px = draw(random, mix_.fill) *
        expected_font_size(width,
                           height,
                           style.line_height,
                           mean_advances_[font],
                           static_cast<double>(characters));
    page = rendering::PageRenderer(style).render_first(text);
  }
  PageSample sample;
  sample.side_px = side;
  sample.pixels = luminances(page.image);
  sample.text = page.lines_text;
  sample.characters_per_token =
      static_cast<double>(page.text.size()) / static_cast<double>(tokens);
  sample.points = draw_points(random, page, batch_);
  sample.places = places_of(page);
  return sample;
}

PageBatch PageDataset::batch(int64_t index) const {
  RandomStream random(seed_, "batch", index);
  PageBatch batch;
  batch.index = index;
  batch.mode = draw_name(random, mix_.modes);
  batch.side_px = modes_.at(batch.mode).base_size_px;
  batch.vision_tokens = vision_tokens(batch.mode);

  const Range range = density_range(index);
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
    batch.characters += static_cast<int64_t>(sample.text.size());
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
