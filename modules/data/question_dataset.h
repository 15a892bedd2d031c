#pragma once

#include "data/corpus.h"
#include "data/dataset_model.h"
#include "data/page_batch.h"
#include "data/page_drawer.h"
#include "data/question_mix.h"
#include "data/questions.h"

#include "core/random.h"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace microfiche::data {

/// Pages and the questions after them.
struct QuestionedPages {
  /// Oldest first.
  std::vector<PageSample> pages;
  std::vector<Question> questions;

  /// Pairs on all pages, for the tasks that have them; and characters of pairs
  /// or text per vision token.
  int64_t pairs = 0;
  double characters_per_token = 0;
};

/// Draws pages with questions; see Note [Questions about a page].
///
/// As with `PageDataset`, batch i of a seed does not depend on who draws it.
class QuestionDataset {
 public:
  /// Throws `InputError` as `PageDataset` does, and for a grid without a
  /// monospaced font.
  QuestionDataset(
      std::shared_ptr<const Corpus> corpus,
      QuestionMixConfig mix,
      const BatchConfig& batch,
      DatasetModel model,
      uint64_t seed);

  /// Batch `index`; the number of its rows follows from `BatchConfig`: the
  /// vision tokens of all pages, and the characters of questions and answers.
  /// Safe to call from several threads.
  PageBatch batch(int64_t index) const;

  /// A page of pairs in each mode, oldest first, `pairs[i]` on page i, with
  /// questions about them.
  QuestionedPages pages_of_pairs(
      const std::vector<std::string>& modes,
      const std::vector<int64_t>& pairs,
      RandomStream& random) const;

  /// A page of text with questions about its lines.
  QuestionedPages page_of_lines(
      const std::string& mode,
      double characters_per_token,
      RandomStream& random) const;

 private:
  struct Plan;
  struct Row;

  Plan plan_batch(RandomStream& random) const;
  Row make_row(const Plan& plan, RandomStream& random) const;
  int64_t most_pairs(const std::string& mode) const;
  PageSample draw_pairs(
      const std::string& mode,
      const std::vector<Pair>& pairs,
      const std::string& layout,
      RandomStream& random) const;

  std::shared_ptr<const Corpus> corpus_;
  QuestionMixConfig mix_;
  BatchConfig batch_;
  PageDrawer drawer_;
  DatasetModel model_;
  uint64_t seed_;
};

} // namespace microfiche::data
