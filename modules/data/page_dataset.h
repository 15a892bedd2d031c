#pragma once

#include "data/batch_config.h"
#include "data/corpus.h"
#include "data/dataset_model.h"
#include "data/page_batch.h"
#include "data/page_drawer.h"
#include "data/page_mix.h"

#include "core/random.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
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

/// The beginning of the corpus' longest document, on which the mean width of
/// characters is measured.
std::string sample_text(const Corpus& corpus);

/// Text of a kind, of at least `characters` and at most one word more.
std::string draw_text(
    const Corpus& corpus,
    TextKind kind,
    int64_t characters,
    const RandomLettersConfig& letters,
    RandomStream& random);

/// Draws pages from a corpus.
///
/// Batch i depends on the seed alone, so a resumed run and a run with another
/// number of workers have the same pages.
class PageDataset {
 public:
  /// Throws `InputError` as `DatasetModel::untiled_modes` does, and for an
  /// unknown font or one without all of ASCII.
  PageDataset(
      std::shared_ptr<const Corpus> corpus,
      PageMixConfig mix,
      BatchConfig batch,
      DatasetModel model,
      uint64_t seed);

  /// Batch `index`. Safe to call from several threads.
  PageBatch batch(int64_t index) const;

  /// The requested page; everything else is drawn from `random`.
  PageSample page(const PageRequest& request, RandomStream& random) const;

 private:
  std::shared_ptr<const Corpus> corpus_;
  PageMixConfig mix_;
  BatchConfig batch_;
  PageDrawer drawer_;
  DatasetModel model_;
  uint64_t seed_;
};

} // namespace microfiche::data
