#pragma once

#include "data/corpus.h"
#include "data/glyph_points.h"
#include "data/page_batch.h"
#include "data/page_mix.h"

#include "core/random.h"
#include "page/resolution_mode.h"
#include "tokenizer/tokenizer.h"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace microfiche::data {

/// A page that somebody wants.
struct PageRequest {
  std::string mode;
  TextKind text = TextKind::kCorpus;
  double characters_per_token = 10;

  /// In place of the mix's own `fill`.
  std::optional<Range> fill = std::nullopt;
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

  /// Font size on the page as the model gets it.
  double font_size_px = 0;

  std::vector<GlyphPoint> points;

  /// Where each byte of `text` stands, and where an end would, as x and y in
  /// px. White space stands behind the character before it.
  std::vector<std::pair<float, float>> places;
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

} // namespace microfiche::data
