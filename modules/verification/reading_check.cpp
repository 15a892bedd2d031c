#include "verification/reading_check.h"

#include "core/error.h"
#include "core/plural.h"
#include "core/terminal.h"
#include "document/grounding.h"
#include "generation/read.h"
#include "metrics/score.h"
#include "sources/running_text.h"
#include "verification/read_images.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <limits>
#include <utility>

namespace microfiche::verification {
namespace {

/// Markup, and a reading that is not exact, need more ids than the page has
/// text tokens.
constexpr int64_t kIdsPerTextToken = 2;
constexpr int64_t kMarkupIds = 64;

struct TextPage {
  std::string text;
  page::PageImage image;
  int64_t text_tokens = 0;
};

std::vector<TextPage> make_pages(
    const ReadingCheckConfig& config,
    const tokenizer::Tokenizer& tokenizer) {
  const sources::RunningText source(config.texts, /*held_out_fraction=*/1);
  std::vector<TextPage> pages;
  for (int64_t i = 0; i < config.pages; ++i) {
    auto text =
        source.passage({config.seed, i, config.pages}, config.characters);
    const auto set =
        reading::set_text(text, config.text_style, concat("page ", i + 1));
    check(
        set.begins.size() == 1,
        "page ",
        i + 1,
        ": ",
        config.characters,
        " characters do not fit on one page of the style");
    const auto tokens = tokenizer.encode(text, /*added_tokens=*/false);
    pages.push_back({std::move(text), set.render(1), std::ssize(tokens)});
  }
  return pages;
}

/// The plain text of a reading.
std::string without_markup(
    const std::string& text,
    const page::PageImage& image) {
  return document::to_markdown(
      document::parse_grounding(text, image.width, image.height),
      [](int64_t) { return std::string(); });
}

CheckedPage score_page(const TextPage& page, const generation::Reading& read) {
  const auto texts = metrics::prepare_texts(
      page.text,
      without_markup(read.text, page.image),
      metrics::find_profile("nfkc-ws").normalization);
  return {
      page.text_tokens,
      page.text,
      read.text,
      Json(read.stop).get<std::string>(),
      metrics::find_metric("edit_similarity").score(texts),
      metrics::find_metric("set_precision").score(texts)};
}

ModeReading read_mode(
    model::LoadedModel& loaded,
    const std::vector<TextPage>& pages,
    const ReadingCheckConfig& config,
    const ModeBound& bound,
    Progress& progress,
    int64_t& done) {
  const auto start = std::chrono::steady_clock::now();
  ImageReading reading;
  reading.mode = loaded.find_mode(bound.mode);
  reading.num_pages = std::ssize(pages);
  reading.batch = reading.num_pages;
  reading.load = [&](int64_t i) { return pages[i].image; };
  reading.config.prompt = config.prompt;
  reading.config.generation.max_new_tokens = 1;
  for (const auto& page : pages) {
    reading.config.generation.max_new_tokens = std::max(
        reading.config.generation.max_new_tokens,
        kIdsPerTextToken * page.text_tokens + kMarkupIds);
  }

  ModeReading result;
  result.mode = reading.mode.name;
  result.pages.resize(pages.size());
  reading.on_reading = [&](int64_t i, const generation::Reading& read) {
    result.pages[i] = score_page(pages[i], read);
    progress.update(++done, "mode " + result.mode);
  };
  reading.on_text = [&](int64_t pieces) {
    progress.update(done, concat("mode ", result.mode, ", ", pieces, " ids"));
  };
  result.vision_tokens = read_images(loaded, reading);

  std::vector<double> similarities;
  for (const auto& page : result.pages) {
    similarities.push_back(page.edit_similarity);
  }
  result.bound = {
      concat(
          "mode ",
          result.mode,
          ", ",
          count_of(std::ssize(pages), "page"),
          ": median of 1 - normalised edit distance"),
      bound.at_least,
      median(similarities),
      bound.reason};
  result.seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start)
          .count();
  return result;
}

} // namespace

ReadingCheckConfig published_reading_check(
    const model::ModelFamily& family,
    const std::string& texts) {
  ReadingCheckConfig config;
  config.texts = {texts};
  config.text_style.fits_font = true;
  config.text_style.style.page_width_px = 1024;
  config.text_style.style.page_height_px = 1024;
  if (family.name == "DeepSeek-OCR") {
    config.modes = {
        {"tiny",
         0.85,
         "the paper's Table 2: 96.5 % precision at 600-700 text tokens"},
        {"base",
         0.90,
         "the paper's Table 2: 98.5 % precision at 600-700 text tokens in mode "
         "small, which has fewer vision tokens"}};
  } else if (family.name == "Unlimited-OCR") {
    config.modes = {
        {"base",
         0.90,
         "its encoder is DeepSeek-OCR's, which reads 98.5 % at 600-700 text "
         "tokens in mode small, with fewer vision tokens"}};
  } else if (family.name == "DeepSeek-OCR 2") {
    config.modes = {
        {"768",
         0.85,
         "its paper's Table 1: edit distance .048 on OmniDocBench 1.5 in mode "
         "dynamic, with more vision tokens"},
        {"base",
         0.90,
         "its paper's Table 1: edit distance .048 on OmniDocBench 1.5 in mode "
         "dynamic"}};
  } else {
    throw InputError(
        concat("no published bounds for the family ", family.name));
  }
  return config;
}

std::vector<ModeReading> check_reading(
    model::LoadedModel& loaded,
    const ReadingCheckConfig& config) {
  const auto pages = make_pages(config, loaded.tokenizer());
  std::vector<ModeReading> readings;
  int64_t done = 0;
  Progress progress(
      "reading rendered pages", std::ssize(config.modes) * config.pages);
  for (const auto& bound : config.modes) {
    progress.update(done, "mode " + bound.mode);
    readings.push_back(read_mode(loaded, pages, config, bound, progress, done));
  }
  progress.finish();
  return readings;
}

double median(std::vector<double> values) {
  if (values.empty()) {
    return std::numeric_limits<double>::quiet_NaN();
  }
  std::sort(values.begin(), values.end());
  const size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle]
                                : (values[middle - 1] + values[middle]) / 2;
}

} // namespace microfiche::verification
