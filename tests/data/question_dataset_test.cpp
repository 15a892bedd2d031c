#include "data/question_dataset.h"

#include "core/config.h"
#include "core/error.h"
#include "tests/support/folders.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <sstream>

namespace microfiche::data {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

constexpr int64_t kEndId = 1;

QuestionMixConfig make_mix(const std::string& task) {
  QuestionMixConfig mix;
  mix.tasks = {{task, 1.0}};
  mix.as_text = 0;
  mix.pages.modes = {{"four", 1.0}, {"nine", 1.0}};
  mix.pages.characters_per_token = {8, 24};
  mix.pages.fonts = {"DejaVu Sans Mono"};
  mix.pages.font_size_px = Range{10, 14};
  return mix;
}

QuestionDataset make_dataset(QuestionMixConfig mix, uint64_t seed = 0) {
  page::ResolutionMode four;
  four.name = "four";
  four.base_size_px = 128;
  page::ResolutionMode nine = four;
  nine.name = "nine";
  nine.base_size_px = 192;
  BatchConfig batch;
  batch.characters = 400;
  batch.points_per_page = 4;
  return QuestionDataset(
      std::make_shared<Corpus>(std::vector<Document>{
          {"a",
           "In the beginning God created the heaven and the earth. And the "
           "earth was without form, and void; and darkness was upon the face "
           "of the deep. And the Spirit of God moved upon the waters.",
           "a"}}),
      std::move(mix),
      batch,
      {{four, nine},
       tokenizer::Tokenizer::load(tests::byte_tokenizer()),
       kEndId},
      seed);
}

/// The text of a row; the byte tokenizer's ids begin at 3. Given ids, answered
/// ids, or both.
std::string text_of(const PageBatch& batch, int64_t row, int given = -1) {
  std::string text;
  for (int64_t i = row * batch.longest; i < (row + 1) * batch.longest; ++i) {
    if (batch.answers[i] >= 3 && (given < 0 || batch.given[i] == given)) {
      text += static_cast<char>(batch.answers[i] - 3);
    }
  }
  return text;
}

/// Words of the text of a page: keys and values in turn.
std::vector<std::string> words_of(const std::string& page, char separator) {
  std::string spaced = page;
  std::replace(spaced.begin(), spaced.end(), separator, ' ');
  std::istringstream stream(spaced);
  std::vector<std::string> words;
  for (std::string word; stream >> word;) {
    words.push_back(word);
  }
  return words;
}

TEST(QuestionDatasetTest, GivesTheSameBatchWhateverWasDrawnBefore) {
  const auto first = make_dataset(make_mix("pairs"));
  const auto second = make_dataset(make_mix("pairs"));
  first.batch(0);

  const auto a = first.batch(3);
  const auto b = second.batch(3);

  EXPECT_EQ(a.pixels, b.pixels);
  EXPECT_EQ(a.answers, b.answers);
  EXPECT_EQ(a.answer_points, b.answer_points);
  EXPECT_NE(a.answers, make_dataset(make_mix("pairs"), 1).batch(3).answers);
}

TEST(QuestionDatasetTest, AnswersKeysWithTheirValuesOnThePage) {
  const auto dataset = make_dataset(make_mix("pairs"));
  int checked = 0;
  int not_stated = 0;
  for (int64_t index = 0; index < 8; ++index) {
    const auto batch = dataset.batch(index);
    EXPECT_EQ(batch.task, "pairs");
    EXPECT_GT(batch.pairs, 0);
    for (int64_t row = 0; row < batch.rows(); ++row) {
      const auto words = words_of(batch.texts[row], ',');
      std::istringstream questions(text_of(batch, row));
      for (std::string line; std::getline(questions, line);) {
        const auto key = line.substr(0, line.find(' '));
        const auto value = line.substr(line.find(' ') + 1);
        const auto found = std::find(words.begin(), words.end(), key);
        if (value == kNotStated) {
          ++not_stated;
          EXPECT_EQ(found, words.end()) << key;
        } else {
          ASSERT_NE(found, words.end()) << key;
          EXPECT_EQ(*(found + 1), value);
          ++checked;
        }
      }
    }
  }
  EXPECT_GT(checked, 50);
  EXPECT_GT(not_stated, 2);
}

TEST(QuestionDatasetTest, GivesTheKeysAndAsksForTheRest) {
  const auto batch = make_dataset(make_mix("pairs")).batch(0);

  const auto given = text_of(batch, 0, 1);
  const auto asked = text_of(batch, 0, 0);
  EXPECT_EQ(given.find_first_of(" \n"), std::string::npos);
  EXPECT_EQ(asked[0], ' ');
  EXPECT_EQ(asked.back(), '\n');
  // One answer for each key; the end id follows the last one.
  const auto row = batch.answers.begin();
  const auto end = std::find(row, row + batch.longest, kEndId) - row;
  ASSERT_LT(end, batch.longest);
  EXPECT_EQ(batch.given[end], 0);
  EXPECT_EQ(batch.answers[end - 1], '\n' + 3);
}

TEST(QuestionDatasetTest, PointsAtInkForEachCharacterOfAValue) {
  auto mix = make_mix("pairs");
  mix.not_stated = 0;
  const auto batch = make_dataset(mix).batch(1);

  int points = 0;
  for (int64_t i = 0; i < batch.rows() * batch.longest; ++i) {
    const auto id = batch.answers[i];
    const bool in_value = id > ' ' + 3 && id < 259 && batch.given[i] == 0;
    const float x = batch.answer_points[2 * i];
    const float y = batch.answer_points[2 * i + 1];
    if (!in_value) {
      if (id != '\n' + 3) {
        EXPECT_LT(x, 0);
      }
      continue;
    }
    ++points;
    ASSERT_GE(x, 0);
    // Some ink within four pixels.
    const int64_t page = i / batch.longest;
    uint8_t darkest = 255;
    for (int64_t dy = -4; dy <= 4; ++dy) {
      for (int64_t dx = -4; dx <= 4; ++dx) {
        const auto px = std::clamp<int64_t>(
            static_cast<int64_t>(x) + dx, 0, batch.side_px - 1);
        const auto py = std::clamp<int64_t>(
            static_cast<int64_t>(y) + dy, 0, batch.side_px - 1);
        darkest = std::min(
            darkest,
            batch.pixels[(page * batch.side_px + py) * batch.side_px + px]);
      }
    }
    EXPECT_LT(darkest, 128);
  }
  EXPECT_GT(points, 30);
}

TEST(QuestionDatasetTest, PutsTheTextInPlaceOfThePage) {
  auto mix = make_mix("pairs");
  mix.as_text = 1;
  mix.pairs.layouts = {{"lines", 1.0}};
  const auto batch = make_dataset(mix).batch(0);

  EXPECT_EQ(batch.task, "pairs_as_text");
  EXPECT_EQ(batch.pages, 0);
  EXPECT_TRUE(batch.pixels.empty());
  EXPECT_TRUE(batch.answer_points.empty());
  EXPECT_EQ(
      text_of(batch, 0, 1).substr(0, batch.texts[0].size() + 2),
      batch.texts[0] + "\n\n");
  EXPECT_EQ(text_of(batch, 0, 0)[0], ' ');
}

TEST(QuestionDatasetTest, PutsSeveralPagesIntoOneContext) {
  auto mix = make_mix("several_pages");
  mix.several_pages = {3, 3};
  mix.not_stated = 0;
  const auto dataset = make_dataset(mix);
  std::set<int64_t> pages;
  for (int64_t index = 0; index < 4; ++index) {
    const auto batch = dataset.batch(index);
    ASSERT_EQ(batch.earlier_pages.size(), 2);
    EXPECT_EQ(std::count(batch.mode.begin(), batch.mode.end(), '+'), 2);
    for (const auto& group : batch.earlier_pages) {
      EXPECT_EQ(
          static_cast<int64_t>(group.pixels.size()),
          batch.rows() * group.side_px * group.side_px);
    }
    for (size_t i = 0; i < batch.answer_pages.size(); ++i) {
      if (batch.answer_points[2 * i] < 0) {
        continue;
      }
      const auto page = batch.answer_pages[i];
      pages.insert(page);
      const auto side =
          page == 2 ? batch.side_px : batch.earlier_pages[page].side_px;
      EXPECT_LT(batch.answer_points[2 * i], static_cast<float>(side));
    }
  }
  EXPECT_EQ(pages, (std::set<int64_t>{0, 1, 2}));
}

TEST(QuestionDatasetTest, AsksForTheRestOfLines) {
  const auto batch = make_dataset(make_mix("rest_of_line")).batch(0);

  EXPECT_EQ(batch.task, "rest_of_line");
  EXPECT_EQ(batch.pairs, 0);
  int checked = 0;
  for (int64_t row = 0; row < batch.rows(); ++row) {
    const std::string page = "\n" + batch.texts[row] + "\n";
    std::istringstream questions(text_of(batch, row));
    for (std::string line; std::getline(questions, line);) {
      if (line.ends_with(kNotStated)) {
        continue;
      }
      // The line of the page without the space of the answer, or with it.
      bool found = false;
      for (size_t at = line.find(' '); at != std::string::npos;
           at = line.find(' ', at + 1)) {
        auto joined = line;
        joined.erase(at, 1);
        found = found || page.find("\n" + joined + "\n") != std::string::npos ||
            page.find("\n" + line + "\n") != std::string::npos;
      }
      EXPECT_TRUE(found) << line;
      ++checked;
    }
  }
  EXPECT_GT(checked, 5);
}

TEST(QuestionDatasetTest, KeepsPairsBelowTheDensityOfTheMix) {
  auto mix = make_mix("pairs");
  mix.pages.characters_per_token = {1, 10};
  const auto dataset = make_dataset(mix);

  for (int64_t index = 0; index < 20; ++index) {
    EXPECT_LT(dataset.batch(index).characters_per_token, 14);
  }
}

TEST(QuestionDatasetTest, RefusesAGridOfProportionalType) {
  auto mix = make_mix("pairs");
  mix.pages.fonts = {"DejaVu Sans"};

  EXPECT_THAT(
      [&] { make_dataset(mix); },
      ThrowsMessage<InputError>(HasSubstr("needs a monospaced font")));
}

TEST(QuestionMixTest, RefusesAMisspelledTaskWithTheRightName) {
  EXPECT_THAT(
      [] {
        read_config<QuestionMixConfig>(
            parse_json(
                R"({"tasks": {"pair": 1}, "pages": {"modes": {"one": 1}}})",
                "t"),
            "t");
      },
      ThrowsMessage<InputError>(
          HasSubstr(R"(tasks: unknown name "pair"; did you mean "pairs"?)")));
}

} // namespace
} // namespace microfiche::data
