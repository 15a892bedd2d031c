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

/// A request for a page.
struct PageRequest {
  std::string mode;
  TextKind text = TextKind::kCorpus;
  double characters_per_token = 10;

  /// Replaces `fill` of the mix.
  std::optional<Range> fill = std::nullopt;
};

/// A page with its text.
struct PageSample {
  /// Side of the page.
  int64_t side_px = 0;

  /// S x S luminances; training pages are black on white.
  std::vector<uint8_t> pixels;

  /// The page's lines with '\n' between them.
  std::string text;

  /// Characters on the page per vision token of the mode.
  double characters_per_token = 0;

  /// Font size on the page as the model gets it.
  double font_size_px = 0;

  std::vector<GlyphPoint> points;

  /// The position of each byte of `text` and of the end, as x and y in px.
  /// White space has a position after its previous character.
  std::vector<std::pair<float, float>> places;
};

/// Draws pages from a corpus.
///
/// Batch i depends on the seed alone, so a resumed run and a run with another
/// number of workers have the same pages.
class PageDataset {
 public:
  /// `modes` are the model's; `end_id` ends every answer. Throws `InputError`
  /// for an unknown mode or one with tiles, and for an unknown font or one
  /// without all of ASCII.
  PageDataset(
      std::shared_ptr<const Corpus> corpus,
      PageMixConfig mix,
      BatchConfig batch,
      const std::vector<page::ResolutionMode>& modes,
      tokenizer::Tokenizer tokenizer,
      int64_t end_id,
      uint64_t seed,
      int64_t pixels_per_token = 64);

  /// Batch `index`. Safe to call from several threads.
  PageBatch batch(int64_t index) const;

  /// The requested page; everything else is drawn from `random`.
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
