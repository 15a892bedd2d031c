#pragma once

#include <cstdint>
#include <vector>

#include "metrics/page_texts.h"
#include "metrics/predictions.h"
#include "metrics/text_normalization.h"

namespace microfiche::metrics {

/// Edits of a text and the length of the longer side.
struct BlockEdits {
  int64_t edits = 0;
  int64_t longer_length = 0;
};

/// The edits of a page's blocks; a page without blocks is one. Blocks that the
/// benchmark has normalised are taken as they are.
std::vector<BlockEdits> edits_of_blocks(
    const Prediction& page,
    const PageTexts& texts,
    Normalization normalization);

/// Their edits over their lengths, each summed first. NaN where all are empty.
double block_edit_distance(const std::vector<BlockEdits>& blocks);

/// Numbers of all pages together that are no means over pages. NaN without
/// pages.
struct CorpusScores {
  /// Edits of all pages over the length of all references, so that a long page
  /// counts for more.
  double cer = 0;
  double wer = 0;

  /// OmniDocBench's three averages of the normalised edit distance: the mean
  /// over blocks; the mean over pages of `block_edit_distance`, which its
  /// leaderboard shows; all edits over all lengths. Empty blocks do not count.
  ///
  /// Source: OmniDocBench 1.5, metrics/cal_metric.py, `call_Edit_dist`.
  double edit_sample_avg = 0;
  double edit_page_avg = 0;
  double edit_whole = 0;
};

/// Adds pages up to `CorpusScores`.
class CorpusCounter {
 public:
  void add(const PageTexts& texts, const std::vector<BlockEdits>& blocks);

  CorpusScores scores() const;

 private:
  struct Sum {
    double part = 0;
    double whole = 0;

    void add(double more_part, double more_whole);
    double ratio() const;
  };

  Sum characters_;
  Sum words_;
  Sum samples_;
  Sum pages_;
  Sum edits_;
};

} // namespace microfiche::metrics
