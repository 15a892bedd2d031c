#pragma once

#include "data/corpus.h"
#include "data/random_text.h"

#include "core/random.h"
#include "page/resolution_mode.h"
#include "rendering/type_size.h"
#include "tokenizer/tokenizer.h"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace microfiche::data {

/// What is written on a page.
enum class TextKind {
  /// Passages of the corpus.
  kCorpus,
  /// Letters that nobody can guess; see `random_letters`.
  kRandomLetters,
  /// Passages of the corpus with their words in random order.
  kShuffledWords,
};

NLOHMANN_JSON_SERIALIZE_ENUM(
    TextKind,
    {{TextKind::kCorpus, "corpus"},
     {TextKind::kRandomLetters, "random_letters"},
     {TextKind::kShuffledWords, "shuffled_words"}})

/// A closed range; a draw from it is even, or even in the logarithm where the
/// field says so.
using Range = std::pair<double, double>;

/// How pages differ from each other.
struct PageMixConfig {
  /// Resolution modes by name with their weights. A page is a square of the
  /// mode's own side, so that nothing is resized.
  std::map<std::string, double> modes;

  /// Kinds of text ("corpus", "random_letters", "shuffled_words") with their
  /// weights.
  std::map<std::string, double> texts = {
      {"corpus", 0.5},
      {"random_letters", 0.5}};

  /// Characters on the page per vision token, drawn evenly in the logarithm. A
  /// page whose words are wide holds fewer than asked for.
  Range characters_per_token = {4, 12};

  /// Where the range above begins its way from, over `ramp_batches` batches; a
  /// curriculum from sparse pages to dense ones.
  std::optional<Range> first_characters_per_token;
  int64_t ramp_batches = 0;

  /// Font files or families, drawn evenly.
  std::vector<std::string> fonts = {"DejaVu Sans"};

  /// Sizes in which type comes, from large to small: a page has the first in
  /// which its text fits. Where there are none, type comes in any size, by
  /// `fill` and `line_height`.
  std::vector<rendering::TypeSize> sizes;

  /// Font size over the largest at which the text is expected to fit.
  Range fill = {0.85, 1.0};

  /// Each margin over the page's side.
  Range margin = {0.01, 0.04};

  /// Distance of two baselines over the font size.
  Range line_height = {1.15, 1.35};

  RandomLettersConfig letters;
};

/// Throws `InputError` for weights, ranges and fractions that make no sense.
void validate(const PageMixConfig& config, const std::string& where);

/// How many pages a batch holds.
struct BatchConfig {
  /// Target characters, padding left out; the batch holds as many pages as fit,
  /// and at least one.
  int64_t characters = 4000;

  /// Most vision tokens of all its pages, which bounds the encoder's work.
  int64_t vision_tokens = 1 << 20;

  /// Pages of a batch differ in density by up to this factor.
  double density_spread = 1.15;

  /// Points a page at which the glyph head is asked what stands there.
  int64_t points_per_page = 0;

  /// Fraction of these that may fall anywhere on the page; the others fall on
  /// characters.
  double loose_points = 0.2;
};

void validate(const BatchConfig& config, const std::string& where);

/// A page that somebody wants.
struct PageRequest {
  std::string mode;
  TextKind text = TextKind::kCorpus;
  double characters_per_token = 10;
};

/// A point of a page and what stands there.
struct GlyphPoint {
  /// `label` where no character stands.
  static constexpr int64_t kBlank = 256;
  static constexpr int64_t kNumLabels = 257;

  float x_px = 0;
  float y_px = 0;
  /// First byte of the character, or `kBlank`.
  int64_t label = kBlank;
};

/// A page with what is to be read from it.
struct PageSample {
  /// Side of the page.
  int64_t side_px = 0;

  /// S x S luminances; training pages are black on white.
  std::vector<uint8_t> pixels;

  /// The page's lines with '\n' between them.
  std::string text;

  /// What is really on the page over the mode's vision tokens.
  double characters_per_token = 0;

  std::vector<GlyphPoint> points;

  /// Where each byte of `text` stands, and where an end would, as x and y in
  /// px. White space stands behind the character before it.
  std::vector<std::pair<float, float>> places;
};

/// Pages of one mode with answers of about one length, ready to be copied to a
/// device.
struct PageBatch {
  int64_t index = 0;
  std::string mode;
  /// B, S and the vision tokens of one page.
  int64_t pages = 0;
  int64_t side_px = 0;
  int64_t vision_tokens = 0;

  /// Characters of all answers.
  int64_t characters = 0;

  /// (B, S, S) luminances.
  std::vector<uint8_t> pixels;

  /// (B, L) answers, each ended by the end id and padded with `kPadding`.
  std::vector<int64_t> answers;
  int64_t longest = 0;

  /// (B, P, 2) x and y in px, and (B, P) labels; see `GlyphPoint`.
  std::vector<float> points;
  std::vector<int64_t> point_labels;

  /// (B, L, 2) x and y in px of what each answer id writes; negative for
  /// padding.
  std::vector<float> answer_points;

  std::vector<std::string> texts;

  /// Stands where an answer has ended; `cross_entropy` ignores it.
  static constexpr int64_t kPadding = -100;
};

/// Draws pages from a corpus.
///
/// Batch i of a seed is the same whoever draws it and whatever was drawn
/// before, so a run that is resumed or has other workers sees the same pages.
class PageDataset {
 public:
  /// `modes` are the model's; `end_id` ends every answer. Throws `InputError`
  /// for a mode that is not among them or has tiles, and for a font that is not
  /// there or lacks characters of ASCII.
  PageDataset(
      std::shared_ptr<const Corpus> corpus,
      PageMixConfig mix,
      BatchConfig batch,
      const std::vector<page::ResolutionMode>& modes,
      tokenizer::Tokenizer tokenizer,
      int64_t end_id,
      uint64_t seed,
      int64_t pixels_per_token = 64);

  /// Batch `index`. Any number of threads may ask.
  PageBatch batch(int64_t index) const;

  /// One page as asked for, everything else about it drawn from `random`.
  PageSample page(const PageRequest& request, RandomStream& random) const;

  /// Vision tokens of a page in a mode of this dataset.
  int64_t vision_tokens(const std::string& mode) const;

 private:
  Range density_range(int64_t index) const;

  std::shared_ptr<const Corpus> corpus_;
  PageMixConfig mix_;
  BatchConfig batch_;
  std::map<std::string, page::ResolutionMode> modes_;
  tokenizer::Tokenizer tokenizer_;
  int64_t end_id_;
  uint64_t seed_;
  int64_t pixels_per_token_;
  /// Mean advance of a character of English over the font size, by font.
  std::vector<double> mean_advances_;
};

template <typename Visitor>
void visit_fields(Visitor&& visit, PageMixConfig& config) {
  visit("modes", config.modes);
  visit("texts", config.texts);
  visit("characters_per_token", config.characters_per_token);
  visit("first_characters_per_token", config.first_characters_per_token);
  visit("ramp_batches", config.ramp_batches);
  visit("fonts", config.fonts);
  visit("sizes", config.sizes);
  visit("fill", config.fill);
  visit("margin", config.margin);
  visit("line_height", config.line_height);
  visit("letters", config.letters);
}

template <typename Visitor>
void visit_fields(Visitor&& visit, BatchConfig& config) {
  visit("characters", config.characters);
  visit("vision_tokens", config.vision_tokens);
  visit("density_spread", config.density_spread);
  visit("points_per_page", config.points_per_page);
  visit("loose_points", config.loose_points);
}

} // namespace microfiche::data
