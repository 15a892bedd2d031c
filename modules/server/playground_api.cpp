#include "server/playground_api.h"

#include "core/crypto.h"
#include "core/edit_distance.h"
#include "core/utf8.h"
#include "memory/curve/timeline.h"
#include "metrics/edit_rates.h"
#include "metrics/page_texts.h"
#include "metrics/precision.h"
#include "metrics/text_normalization.h"
#include "model/trained_on.h"
#include "page/image_file.h"
#include "page/tiling.h"
#include "page/vision_token_order.h"
#include "rendering/page_renderer.h"
#include "server/http/api_error.h"
#include "server/http/request_fields.h"
#include "tokenizer/text_token_counter.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <utility>

namespace microfiche::server {
namespace {

/// Bytes of a text for a page or to compare, characters after normalisation,
/// and characters of texts whose differences are marked: the alignment takes a
/// quarter of a byte per pair of characters.
constexpr size_t kMaxTextBytes = 200'000;
constexpr size_t kMaxComparedCharacters = 100'000;
constexpr size_t kMaxMarkedCharacters = 8'000;

constexpr int64_t kTimelinePages = 200;

constexpr const char* kExample =
    "A page of text can be stored as a picture. The encoder turns it into a "
    "few vision tokens, and the decoder reads them back.";

/// "13.3"
std::string short_number(double value) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.1f", value);
  return text.data();
}

Json piece_json(const char* kind, std::u32string_view text) {
  return {{"kind", kind}, {"text", encode_utf8(text)}};
}

/// The pieces of an alignment, in reading order.
Json pieces_json(std::u32string_view wanted, std::u32string_view got) {
  using Kind = EditRun::Kind;
  Json pieces = Json::array();
  size_t i = 0;
  size_t j = 0;
  for (const auto& run : align_texts(wanted, got)) {
    const auto length = static_cast<size_t>(run.length);
    const auto missing = wanted.substr(i, length);
    const auto added = got.substr(j, length);
    switch (run.kind) {
      case Kind::kEqual:
        pieces.push_back(piece_json("same", missing));
        break;
      case Kind::kDelete:
        pieces.push_back(piece_json("missing", missing));
        break;
      case Kind::kInsert:
        pieces.push_back(piece_json("added", added));
        break;
      case Kind::kSubstitute:
        pieces.push_back(piece_json("wrong", missing));
        pieces.push_back(piece_json("instead", added));
        break;
    }
    i += run.kind == Kind::kInsert ? 0 : length;
    j += run.kind == Kind::kDelete ? 0 : length;
  }
  return pieces;
}

/// Where the squares of a view's tokens lie on the page, in fractions of its
/// sides: a padded view reaches beyond them.
Json grid_json(
    const page::ResolutionMode& mode,
    const page::PageImage& image,
    int64_t pixels_per_token) {
  const auto tiles = page::mode_tile_grid(mode, image.width, image.height);
  if (tiles.tiled()) {
    const int64_t side = mode.tile_size_px / pixels_per_token;
    return {
        {"x", 0},
        {"y", 0},
        {"width", 1},
        {"height", 1},
        {"columns", tiles.columns * side},
        {"rows", tiles.rows * side}};
  }
  const int64_t side = mode.base_size_px / pixels_per_token;
  double width = 1;
  double height = 1;
  if (mode.fit == page::Fit::kPad) {
    const auto longest =
        static_cast<double>(std::max(image.width, image.height));
    width = longest / static_cast<double>(image.width);
    height = longest / static_cast<double>(image.height);
  }
  return {
      {"x", (1 - width) / 2},
      {"y", (1 - height) / 2},
      {"width", width},
      {"height", height},
      {"columns", side},
      {"rows", side}};
}

void check_size(const std::string& text, const std::string& field) {
  if (text.size() > kMaxTextBytes) {
    throw ApiError(
        400, concat(field, ": has more than ", kMaxTextBytes, " bytes"), field);
  }
}

/// A text to compare.
std::u32string collapsed(RequestFields& fields, const std::string& field) {
  const auto text = fields.text(field).value_or("");
  check_size(text, field);
  auto result = metrics::normalize(
      decode_utf8(text).text, metrics::Normalization::kNfkcWhitespace);
  // A ligature may become many letters.
  if (result.size() > kMaxComparedCharacters) {
    throw ApiError(
        400,
        concat(
            field, ": has more than ", kMaxComparedCharacters, " characters"),
        field);
  }
  return result;
}

} // namespace

PlaygroundApi::PlaygroundApi(
    const model::LoadedModel& loaded,
    std::string model_name,
    const ServerConfig& config,
    PageLoader& loader)
    : loaded_(loaded),
      model_name_(std::move(model_name)),
      config_(config),
      loader_(loader) {}

/// The model's own modes, else its family's; fewest tokens first.
std::vector<page::ResolutionMode> PlaygroundApi::modes() const {
  auto modes = loaded_.config.toolkit.modes;
  if (modes.empty()) {
    modes = model::family_modes(loaded_.config);
  }
  return modes;
}

/// The page that the model was trained on, the other sizes of type that it saw,
/// and for any model a page that fits the mode.
std::vector<PlaygroundApi::Style> PlaygroundApi::styles() const {
  const auto mode = loaded_.find_mode(config_.mode);
  auto own = reading::find_text_style("", loaded_.config, mode);
  std::vector<Style> styles;
  const auto& trained_on = loaded_.config.toolkit.trained_on;
  if (!own.fits_font && trained_on) {
    for (const auto& size : trained_on->type_sizes) {
      auto style = own;
      style.style.font_size_px = size.font_size_px;
      style.style.line_height = size.line_distance_px / size.font_size_px;
      const auto number = short_number(size.font_size_px);
      styles.push_back({"type-" + number, number + " px type", style});
    }
  }
  const auto label = own.fits_font ? std::string("Largest type that fits")
                                   : concat(
                                         "The model's own page, ",
                                         short_number(own.style.font_size_px),
                                         " px type");
  styles.insert(styles.begin(), {"own", label, std::move(own)});
  styles.push_back({"default", "1024 x 1448 pixels, 18 px type", {}});
  return styles;
}

Json PlaygroundApi::setup() const {
  Json modes_json = Json::array();
  for (const auto& mode : modes()) {
    modes_json.push_back(
        {{"name", mode.name},
         {"trained", model::is_trained_mode(loaded_.config, mode)}});
  }
  Json styles_json = Json::array();
  for (const auto& style : styles()) {
    styles_json.push_back({{"name", style.name}, {"label", style.label}});
  }
  return {
      {"model", model_name_},
      {"note", loaded_.config.toolkit.note},
      {"default_mode", loaded_.find_mode(config_.mode).name},
      {"modes", std::move(modes_json)},
      {"styles", std::move(styles_json)},
      {"example", kExample},
      {"store", !config_.store.empty()}};
}

Json PlaygroundApi::mode_json(
    const page::ResolutionMode& mode,
    const page::PageImage& image) const {
  const int64_t pixels_per_token = loaded_.config.pixels_per_token();
  const auto counts = page::count_vision_tokens(
      mode, image.width, image.height, pixels_per_token);
  return {
      {"nominal", counts.nominal},
      {"valid", counts.valid},
      {"positions", counts.positions},
      {"grid", grid_json(mode, image, pixels_per_token)}};
}

Json PlaygroundApi::page_json(const page::PageImage& image) const {
  Json modes_json = Json::object();
  for (const auto& mode : modes()) {
    modes_json[mode.name] = mode_json(mode, image);
  }
  return {
      {"image",
       "data:image/png;base64," + base64_encode(page::encode_png(image))},
      {"width", image.width},
      {"height", image.height},
      {"modes", std::move(modes_json)}};
}

Json PlaygroundApi::make_page(const std::string& body) {
  const WorkSlots::Slot slot(loader_.slots());
  const Json json = parse_json(body, "the body");
  RequestFields fields(json, "");
  const auto text = fields.text("text").value_or("");
  const auto name = fields.text("style").value_or("own");
  fields.finish();
  check_size(text, "text");
  const auto offered = styles();
  const auto style = std::ranges::find(offered, name, &Style::name);
  if (style == offered.end()) {
    throw ApiError(400, concat("style: there is no ", name), "style");
  }
  const auto set = reading::set_text(text, style->text, "text");
  const auto page = rendering::PageRenderer(set.style).render_first(set.text);
  const int64_t text_tokens = tokenizer::count_text_tokens(page.text);
  Json answer = page_json(page.image);
  answer["text"] = page.lines_text;
  answer["characters"] = count_code_points(page.text);
  answer["text_tokens"] = text_tokens;
  answer["left_out"] = count_code_points(set.text) -
      count_code_points(std::string_view(set.text).substr(
          0, static_cast<size_t>(page.source_end)));
  Json warnings = Json::object();
  for (const auto& mode : modes()) {
    warnings[mode.name] = model::training_warnings(
        loaded_.config, mode, reading::page_facts(set.style, page.image));
  }
  answer["warnings"] = std::move(warnings);
  return answer;
}

Json PlaygroundApi::load_page(const std::string& body, int64_t page) {
  const WorkSlots::Slot slot(loader_.slots());
  const auto loaded = loader_.load_document(body, page);
  Json answer = page_json(loaded.page.image);
  answer["pages"] = loaded.num_pages;
  answer["file_warnings"] = loaded.page.warnings;
  return answer;
}

Json PlaygroundApi::compare(const std::string& body) {
  const WorkSlots::Slot slot(compare_slots_);
  const Json json = parse_json(body, "the body");
  RequestFields fields(json, "");
  const auto wanted = collapsed(fields, "reference");
  const auto got = collapsed(fields, "prediction");
  fields.finish();
  const metrics::PageTexts texts(wanted, got);
  const auto& words = texts.word_numbers();
  Json answer = {
      {"similarity", 1 - metrics::normalized_edit_distance(texts)},
      {"set_precision",
       metrics::set_overlap(words.reference, words.prediction).precision}};
  answer["pieces"] = std::max(wanted.size(), got.size()) > kMaxMarkedCharacters
      ? Json(nullptr)
      : pieces_json(wanted, got);
  return answer;
}

std::string PlaygroundApi::timeline() const {
  if (config_.store.empty()) {
    throw ApiError(
        404,
        "no store is open; start the server with --store FILE",
        "",
        "no_store");
  }
  memory::Store store(config_.store, memory::Store::Mode::kRead);
  const auto plan = memory::curve::newest_plan(store, std::nullopt);
  return memory::curve::timeline_document(
      memory::curve::load_timeline(store, plan, kTimelinePages));
}

} // namespace microfiche::server
