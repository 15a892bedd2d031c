#include "sweep/run/page_questions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "data/question_mix.h"
#include "model/prompt.h"
#include "page/vision_token_order.h"
#include "sweep/run/model_reader.h"
#include "sweep/sweep_cells.h"
#include "tests/support/tiny_model.h"
#include "tests/sweep/small_sweep.h"

namespace microfiche::sweep {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

SweepConfig sweep_of_pairs() {
  auto sweep = small_sweep();
  sweep.styles[0].fonts = {"DejaVu Sans Mono"};
  sweep.styles[0].sizes = {{13.28, 16}};
  sweep.characters_per_token = {36};
  sweep.conditions.text = {"pairs:6"};
  sweep.controls = {.wrong_page = false, .blank_page = false};
  sweep.pages_per_cell = 16;
  return sweep;
}

std::vector<SweepPage> pages_of(const SweepConfig& sweep) {
  const PageSource source(sweep, count_words);
  const auto cell = cells_of(sweep).front();
  std::vector<SweepPage> pages;
  for (int64_t i = 0; i < sweep.pages_per_cell; ++i) {
    pages.push_back(
        source.make(cell, i, test_mode("nine", 3), page::kPixelsPerToken));
  }
  return pages;
}

TEST(PageQuestionsTest, AskForAValueThatStandsBehindItsKey) {
  int not_stated = 0;
  for (const auto& page : pages_of(sweep_of_pairs())) {
    ASSERT_TRUE(page.question);
    const auto& question = *page.question;
    auto text = question.text + ",";
    std::replace(text.begin(), text.end(), '\n', ' ');
    EXPECT_EQ(question.pairs, 6);
    if (question.stated) {
      EXPECT_THAT(
          " " + text,
          HasSubstr(concat(" ", question.asked, " ", page.reference, ",")));
      EXPECT_EQ(question.other_values.size(), 5);
    } else {
      ++not_stated;
      EXPECT_EQ(page.reference, data::kNotStated);
      EXPECT_EQ(question.other_values.size(), 6);
    }
  }
  EXPECT_EQ(not_stated, 2);
}

TEST(PageQuestionsTest, PutPairsOnTheGridOfTheirStyle) {
  auto sweep = sweep_of_pairs();
  sweep.styles[0].grid = true;
  sweep.conditions.text = {"pairs:36"};
  for (const auto& page : pages_of(sweep)) {
    const auto& text = page.question->text;
    EXPECT_EQ(text.find(','), std::string::npos);
    EXPECT_FALSE(page.truncated);
  }
}

TEST(PageQuestionsTest, AskForTheRestOfALine) {
  auto sweep = sweep_of_pairs();
  sweep.conditions.text = {"lines"};
  sweep.characters_per_token = {20};
  int stated = 0;
  for (const auto& page : pages_of(sweep)) {
    const auto& question = *page.question;
    EXPECT_EQ(question.pairs, 0);
    if (question.stated) {
      ++stated;
      const auto text = "\n" + question.text + "\n";
      EXPECT_TRUE(
          text.find("\n" + question.asked + page.reference + "\n") !=
              std::string::npos ||
          text.find("\n" + question.asked + " " + page.reference + "\n") !=
              std::string::npos);
    }
  }
  EXPECT_GE(stated, 10);
}

TEST(PageQuestionsTest, AreTheSamePromptWithAndWithoutTheSpaceBehindTheKey) {
  // As a prompt of `read` and as training has it: "<image>", the key; the space
  // is the first id of the answer.
  const auto tokenizer = tokenizer::Tokenizer::load(tests::byte_tokenizer());
  const auto ids = [&](const std::string& prompt) {
    return model::assemble_prompt(tokenizer, prompt, 2, /*bos_token_id=*/0).ids;
  };
  PageQuestion question;
  question.asked = "ab";

  EXPECT_EQ(prompt_of(question), "<image>ab ");
  EXPECT_EQ(
      ids(prompt_of(question)),
      (std::vector<int64_t>{0, 259, 259, 'a' + 3, 'b' + 3}));
  EXPECT_EQ(ids(prompt_of(question)), ids("<image>ab"));
  model::validate_prompt(prompt_of(question), "--prompt");
}

TEST(PageQuestionsTest, HaveTheTextInPlaceOfThePageWithoutSpacesOfTheGrid) {
  PageQuestion question;
  question.asked = "ab";
  question.text = "ab kfqe  c wxyz\nde mn";

  EXPECT_EQ(text_prompt_of(question), "ab kfqe c wxyz\nde mn\n\nab ");
}

TEST(PageQuestionsTest, AreReadFromTheTextByTheModelItself) {
  auto loaded = tests::make_tiny_model();
  auto sweep = sweep_of_pairs();
  sweep.modes = {"t4"};
  sweep.styles[0].sizes = {{7, 8}};
  sweep.pages_per_cell = 4;
  sweep.generation.max_new_tokens = 5;
  const tests::TemporaryFolder folder;
  const auto page_reader = make_model_reader(loaded);
  const auto text_reader = make_text_question_reader(loaded);

  run_small_sweep(sweep, *page_reader, folder.path() / "page");
  run_small_sweep(sweep, *text_reader, folder.path() / "text");

  const auto page = read_run(folder.path() / "page").samples;
  const auto text = read_run(folder.path() / "text").samples;
  ASSERT_EQ(page.size(), 4);
  ASSERT_EQ(text.size(), 4);
  for (size_t i = 0; i < page.size(); ++i) {
    // The rows keep the question, and both answer the same one.
    ASSERT_TRUE(page[i].page.question);
    EXPECT_EQ(page[i].page.question->asked, text[i].page.question->asked);
    EXPECT_EQ(page[i].page.reference, text[i].page.reference);
    EXPECT_EQ(
        page[i].reading.vision_tokens.nominal,
        text[i].reading.vision_tokens.nominal);
  }
}

TEST(PageQuestionsTest, TheTextReaderRefusesPagesToTranscribe) {
  auto loaded = tests::make_tiny_model();
  auto sweep = small_sweep();
  sweep.modes = {"t4"};
  const tests::TemporaryFolder folder;
  const auto reader = make_text_question_reader(loaded);

  EXPECT_THAT(
      [&] { run_small_sweep(sweep, *reader, folder.path()); },
      ThrowsMessage<InputError>(HasSubstr("reads only pages with questions")));
}

} // namespace
} // namespace microfiche::sweep
