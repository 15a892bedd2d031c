#pragma once

#include <cstdint>
#include <vector>

#include "metrics/page_texts.h"
#include "metrics/predictions.h"
#include "metrics/text_normalization.h"

namespace microfiche::metrics {

/// Edits of a text, and the length of the longer of its two versions.
struct BlockEdits {
  int64_t edits = 0;
  int64_t longer_length = 0;
};

/// The edits of each block of a page. A page without blocks counts as one
/// block. Blocks that the benchmark has normalised are compared as they are.
std::vector<BlockEdits> edits_of_blocks(
    const Prediction& page,
    const PageTexts& texts,
    Normalization normalization);

/// Sum of the edits over sum of the lengths. NaN if all blocks are empty.
double block_edit_distance(const std::vector<BlockEdits>& blocks);

/// Scores of a whole corpus that are not means over pages. NaN without pages.
struct CorpusScores {
  /// Edits of all pages over the length of all references, in characters and in
  /// words. Long pages weigh more.
  double cer = 0;
  double wer = 0;

  /// OmniDocBench's three averages of the normalised edit distance: the mean
  /// over blocks; the mean over pages of `block_edit_distance`, as on its
  /// leaderboard; all edits over all lengths. Empty blocks are left out.
  ///
  /// Source: OmniDocBench 1.5, metrics/cal_metric.py, `call_Edit_dist`.
  double edit_sample_avg = 0;
  double edit_page_avg = 0;
  double edit_whole = 0;
};

/// Accumulates `CorpusScores` page by page.
class CorpusCounter {
 public:
  void add(const PageTexts& texts, const std::vector<BlockEdits>& blocks);

  CorpusScores scores() const;

 private:
  struct Sum {
    double part = 0;
    double whole = 0;

    void add(double added_part, double added_whole);
    double ratio() const;
  };

  Sum characters_;
  Sum words_;
  Sum samples_;
  Sum pages_;
  Sum edits_;
};

} // namespace microfiche::metrics
