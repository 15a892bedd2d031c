#include "metrics/words.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/utf8.h"
#include "tests/metrics/goldens.h"

namespace microfiche::metrics {
namespace {

using ::testing::ElementsAre;

TEST(WordsTest, SplittingEqualsPythons) {
  for (const auto& golden : read_goldens("normalization.jsonl")) {
    std::vector<std::string> words;
    for (const auto& word :
         split_at_spaces(decode_utf8(golden["text"].get<std::string>()).text)) {
      words.push_back(encode_utf8(word));
    }

    EXPECT_EQ(words, golden["words"].get<std::vector<std::string>>());
  }
}

TEST(WordsTest, ChineseIsSplitByTheDictionary) {
  EXPECT_THAT(
      split_by_dictionary(U"我们今天 学习。"),
      ElementsAre(U"我们", U"今天", U"学习", U"。"));
}

TEST(WordsTest, HanInEitherTextSplitsBothByTheDictionary) {
  const WordPair words(U"学习", U"don't, stop");

  EXPECT_THAT(words.prediction, ElementsAre(U"don't", U",", U"stop"));
}

} // namespace
} // namespace microfiche::metrics
