#include "metrics/corpus_scores.h"

#include <gtest/gtest.h>

#include <cmath>

#include "metrics/score.h"

namespace microfiche::metrics {
namespace {

Prediction page_of_blocks(const std::vector<TextPair>& blocks) {
  Prediction page;
  page.blocks = blocks;
  return page;
}

CorpusScores count(const std::vector<Prediction>& pages) {
  CorpusCounter counter;
  for (const auto& page : pages) {
    const auto texts =
        prepare_texts(page.reference, page.prediction, Normalization::kOmniDoc);
    counter.add(texts, edits_of_blocks(page, texts, Normalization::kOmniDoc));
  }
  return counter.scores();
}

TEST(CorpusScoresTest, HasTheThreeAveragesOfOmniDocBench) {
  // Edits over lengths: 1/2 and 0/8 on one page, 4/4 on the other. As its
  // call_Edit_dist: mean of three ratios; mean of 1/10 and 1; 5 over 14.
  const auto scores = count(
      {page_of_blocks({{"ab", "ax"}, {"abcdefgh", "a b c d e f g h"}}),
       page_of_blocks({{"abcd", "wxyz"}})});

  EXPECT_DOUBLE_EQ(scores.edit_sample_avg, 0.5);
  EXPECT_DOUBLE_EQ(scores.edit_page_avg, 0.55);
  EXPECT_DOUBLE_EQ(scores.edit_whole, 5.0 / 14);
}

TEST(CorpusScoresTest, EmptyBlocksAreLeftOut) {
  const auto scores = count(
      {page_of_blocks({{"", ""}, {"ab", "ax"}}), page_of_blocks({{"", ""}})});

  EXPECT_DOUBLE_EQ(scores.edit_sample_avg, 0.5);
  EXPECT_DOUBLE_EQ(scores.edit_page_avg, 0.5);
}

TEST(CorpusScoresTest, NormalisedBlocksStayAsTheyAre) {
  const auto scores = count({page_of_blocks({{"***", "", true}})});

  EXPECT_DOUBLE_EQ(scores.edit_whole, 1);
}

TEST(CorpusScoresTest, LongPagesWeighMore) {
  Prediction wrong;
  wrong.reference = "a";
  wrong.prediction = "b";
  Prediction right;
  right.reference = right.prediction = "abcdefghi";

  const auto scores = count({wrong, right});

  EXPECT_DOUBLE_EQ(scores.cer, 0.1);
  EXPECT_DOUBLE_EQ(scores.wer, 0.5);
}

TEST(CorpusScoresTest, WithoutPagesTheResultIsNaN) {
  EXPECT_TRUE(std::isnan(count({}).cer));
}

} // namespace
} // namespace microfiche::metrics
