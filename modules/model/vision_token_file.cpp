#include "model/vision_token_file.h"

#include "checkpoint/safetensors.h"
#include "core/error.h"
#include "model/state_dict.h"
#include "page/page_image.h"

#include <charconv>
#include <map>
#include <string_view>
#include <tuple>
#include <utility>

namespace microfiche::model {
namespace {

constexpr const char* kTensorName = "vision_tokens";

/// Far above the largest page with the most tiles.
constexpr int64_t kMaxTokens = int64_t{1} << 20;

std::string pair_text(int64_t first, int64_t second) {
  return concat(first, "x", second);
}

/// The metadata of a file, and its name for messages.
class Metadata {
 public:
  explicit Metadata(const checkpoint::SafetensorsFile& file)
      : values_(file.metadata()), where_(file.path().string()) {}

  const std::string& text(const std::string& key) const {
    const auto found = values_.find(key);
    check(
        found != values_.end(),
        where_,
        ": expected vision tokens from `microfiche encode`, but the metadata "
        "have no \"",
        key,
        "\"");
    return found->second;
  }

  int64_t number(const std::string& key) const {
    return parse(key, text(key));
  }

  /// Two positive numbers with an x between them, whose product is at most
  /// `max_product`.
  std::pair<int64_t, int64_t> sides(const std::string& key, int64_t max_product)
      const {
    const auto [first, second] = numbers(key);
    check(
        first >= 1 && second >= 1 && first <= max_product / second,
        where_,
        ": metadata \"",
        key,
        "\": expected two positive numbers whose product is at most ",
        max_product,
        ", got \"",
        text(key),
        "\"");
    return {first, second};
  }

 private:
  std::pair<int64_t, int64_t> numbers(const std::string& key) const {
    const std::string_view value = text(key);
    const size_t cross = value.find('x');
    check(
        cross != std::string_view::npos,
        where_,
        ": metadata \"",
        key,
        "\": expected two numbers like 1654x2339, got \"",
        value,
        "\"");
    return {
        parse(key, value.substr(0, cross)),
        parse(key, value.substr(cross + 1))};
  }

  int64_t parse(const std::string& key, std::string_view digits) const {
    int64_t number = 0;
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), number);
    check(
        error == std::errc() && end == digits.data() + digits.size() &&
            number >= 0,
        where_,
        ": metadata \"",
        key,
        "\": expected a whole number, got \"",
        digits,
        "\"");
    return number;
  }

  const std::map<std::string, std::string>& values_;
  std::string where_;
};

} // namespace

void write_vision_tokens(
    const std::filesystem::path& file,
    const SavedVisionTokens& saved) {
  const auto& tokens = saved.tokens;
  const auto sequence =
      tokens.sequence.detach().to(torch::kCPU, torch::kFloat32).contiguous();
  checkpoint::write_safetensors(
      file,
      {view_bytes(kTensorName, sequence)},
      {{"mode", tokens.mode},
       {"image_size", pair_text(tokens.page_width_px, tokens.page_height_px)},
       {"tiles", pair_text(tokens.grid.columns, tokens.grid.rows)},
       {"nominal", std::to_string(tokens.counts.nominal)},
       {"valid", std::to_string(tokens.counts.valid)},
       {"positions", std::to_string(tokens.counts.positions)},
       {"model_hash", saved.model_hash}});
}

SavedVisionTokens read_vision_tokens(const std::filesystem::path& path) {
  const checkpoint::SafetensorsFile file(path);
  const auto* info = file.find(kTensorName);
  check(
      info != nullptr && info->shape.size() == 2 &&
          info->dtype == checkpoint::Dtype::kF32,
      path.string(),
      ": expected a tensor \"",
      kTensorName,
      "\" of f32 with two dimensions, from `microfiche encode`");
  const Metadata metadata(file);
  SavedVisionTokens saved;
  auto& tokens = saved.tokens;
  tokens.sequence = view_tensor({*info, file.bytes(*info)}).clone();
  tokens.mode = metadata.text("mode");
  std::tie(tokens.page_width_px, tokens.page_height_px) =
      metadata.sides("image_size", page::kMaxPixels);
  std::tie(tokens.grid.columns, tokens.grid.rows) =
      metadata.sides("tiles", page::kMaxTiles);
  tokens.counts.nominal = metadata.number("nominal");
  tokens.counts.valid = metadata.number("valid");
  tokens.counts.positions = metadata.number("positions");
  saved.model_hash = metadata.text("model_hash");
  check(
      tokens.counts.positions == tokens.sequence.size(0),
      path.string(),
      ": metadata say ",
      tokens.counts.positions,
      " positions but \"",
      kTensorName,
      "\" has ",
      tokens.sequence.size(0),
      " rows");
  check(
      tokens.counts.positions >= 1,
      path.string(),
      ": \"",
      kTensorName,
      "\" is empty; expected at least one position");
  check(
      !tokens.mode.empty(),
      path.string(),
      ": metadata name no mode; expected the name of a resolution mode");
  check(
      tokens.counts.nominal >= 1 && tokens.counts.nominal <= kMaxTokens &&
          tokens.counts.valid <= tokens.counts.nominal,
      path.string(),
      ": metadata say ",
      tokens.counts.valid,
      " valid of ",
      tokens.counts.nominal,
      " nominal tokens; expected 1 to ",
      kMaxTokens,
      " nominal tokens, and no more valid than nominal ones");
  return saved;
}

} // namespace microfiche::model
