#include "memory/reading/read_pages.h"

#include "core/utf8.h"
#include "generation/read.h"
#include "memory/derived_files.h"
#include "memory/erase.h"
#include "page/image_file.h"
#include "page/page_views.h"
#include "tests/memory/reading/tiny_memory.h"

#include <torch/torch.h>

#include <fstream>

namespace microfiche::memory {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::ThrowsMessage;

class ReadPagesTest : public tests::TinyMemoryTest {
 protected:
  /// What the model reads from the first drawing of a page.
  std::string read_directly(const StoredPlan& plan, size_t item) {
    const auto image = page::read_image(derived_file(
        store,
        original_of(store, plan.items[item].page).png_sha256,
        kPngExtension));
    const auto mode = model.find_mode(plan.items[item].mode);
    const page::PageViews views[] = {page::make_views(image, mode)};
    return replace_invalid_utf8(
        generation::read_pages(model, views, mode, {"", reading.generation})
            .front()
            .text);
  }
};

TEST_F(ReadPagesTest, PagesAreReadAtTheirTierAndTextIsText) {
  const auto plan = plan_of({"gone", "t4", "t9", "text"});
  build(plan);

  const auto texts = read(plan, {0, 1, 2, 3});

  EXPECT_EQ(texts[0], "-");
  auto expected = read_directly(plan, 1);
  std::replace(expected.begin(), expected.end(), '\0', ' ');
  EXPECT_EQ(texts[1], expected);
  EXPECT_EQ(texts[3], "[4 user] ruf is ten.");
  EXPECT_EQ(num_read, 2);
}

TEST_F(ReadPagesTest, AReadingIsKeptAndReused) {
  const auto plan = plan_of({"t4", "t4", "t9", "t9"});
  build(plan);
  const auto first = read(plan, {0, 1});
  EXPECT_EQ(num_read, 2);

  const auto again = read(plan, {0, 1, 2});

  EXPECT_EQ(num_reused, 2);
  EXPECT_EQ(num_read, 1);
  EXPECT_EQ(again[0], first[0]);
  EXPECT_EQ(again[1], first[1]);
}

TEST_F(ReadPagesTest, PagesOfAContextStandOneAfterAnotherOldestFirst) {
  const auto plan = plan_of({"t4", "t4", "gone", "t9"});
  build(plan);
  reading.pages_per_context = 2;
  PlanReader reader(store, plan, model, reading);

  // Counted from the newest; the page that is left over is alone.
  EXPECT_THAT(reader.context_of(3), ElementsAre(1, 3));
  EXPECT_THAT(reader.context_of(1), ElementsAre(1, 3));
  EXPECT_THAT(reader.context_of(0), ElementsAre(0));
  EXPECT_EQ(reader.context_positions(), 20);
  const auto joined = reader.load_tokens({1, 3}).sequence;
  const auto older = reader.load_tokens({1}).sequence;
  const auto newer = reader.load_tokens({3}).sequence;
  ASSERT_EQ(joined.size(0), 20);
  EXPECT_TRUE(joined.slice(0, 0, 7).equal(older));
  EXPECT_TRUE(joined.slice(0, 7).equal(newer));
}

TEST_F(ReadPagesTest, TheTextOfAContextBelongsToItsNewestPage) {
  const auto plan = plan_of({"t4", "t4", "t4", "t4"});
  build(plan);
  const auto alone = read(plan, {0, 1, 2, 3});
  reading.pages_per_context = 2;

  const auto texts = read(plan, {0, 1, 2, 3});
  EXPECT_EQ(num_read, 2);
  EXPECT_EQ(texts[0], "");
  EXPECT_EQ(texts[2], "");
  EXPECT_NE(texts[1] + texts[3], alone[1] + alone[3]);
  EXPECT_EQ(read(plan, {0, 1, 2, 3}), texts);
  EXPECT_EQ(num_reused, 2);
  // Readings of single pages are others.
  reading.pages_per_context = 1;
  EXPECT_EQ(read(plan, {0, 1, 2, 3}), alone);
}

TEST_F(ReadPagesTest, AnErasureTakesTheReadingsOfContextsAlong) {
  const auto plan = plan_of({"t4", "t4", "t4", "t4"});
  build(plan);
  reading.pages_per_context = 2;
  read(plan, {0, 1, 2, 3});
  Selection selection;
  selection.ranges = {{1, 3, 3}};

  EXPECT_EQ(erase(store, selection, /*now_ms=*/0).derived.readings, 2);

  // That of page 4 may have words of the erased page 3.
  EXPECT_EQ(store.database().integer("SELECT count(*) FROM reading"), 0);
}

TEST_F(ReadPagesTest, AContextThatDoesNotFitIntoTheModelIsRefused) {
  const auto plan = plan_of({"t4", "t4", "t4", "t4"});
  reading.pages_per_context = 4;
  reading.generation.max_new_tokens =
      model.config.language.max_position_embeddings - 20;

  EXPECT_THAT(
      [&] { PlanReader(store, plan, model, reading); },
      ThrowsMessage<UsageError>(HasSubstr("take up to 28 positions")));
}

TEST_F(ReadPagesTest, AnotherConfigReadsAgain) {
  const auto plan = plan_of({"t4"});
  build(plan);
  read(plan, {0});
  reading.generation.max_new_tokens = 3;

  const auto texts = read(plan, {0});

  EXPECT_EQ(num_read, 1);
  EXPECT_LE(texts[0].size(), 12U);
}

TEST_F(ReadPagesTest, ABatchReadsTheSameAsOnePageAtATime) {
  const auto plan = plan_of({"t4", "t9", "t4", "t9"});
  build(plan);
  const auto together = read(plan, {0, 1, 2, 3});
  store.database().run("DELETE FROM reading");
  reading.batch = 1;

  EXPECT_EQ(read(plan, {0, 1, 2, 3}), together);
  EXPECT_EQ(num_read, 4);
}

TEST_F(ReadPagesTest, APageThatWasNotBuiltIsRefused) {
  const auto plan = plan_of({"t4"});

  EXPECT_THAT(
      [&] { read(plan, {0}); },
      ThrowsMessage<InputError>(AllOf(
          HasSubstr("no vision tokens of this model in t4; run"),
          Not(HasSubstr("another model")))));
}

TEST_F(ReadPagesTest, TokensOfAnotherModelAreRefusedByName) {
  const auto plan = plan_of({"t4"});
  build(plan);
  model.adapter_sha256 = "an adapter";

  EXPECT_THAT(
      [&] { read(plan, {0}); },
      ThrowsMessage<InputError>(AllOf(
          HasSubstr("those of another model"), HasSubstr("memory build"))));
}

TEST_F(ReadPagesTest, ADamagedTokenFileIsRefused) {
  const auto plan = plan_of({"t4"});
  build(plan);
  for (const auto& name : files(".safetensors")) {
    std::ofstream(store.files_folder() / name, std::ios::app) << "x";
  }

  EXPECT_THAT(
      [&] { read(plan, {0}); },
      ThrowsMessage<InputError>(HasSubstr("the file is damaged")));
}

TEST_F(ReadPagesTest, ABlankPageIsReadInEachMode) {
  const auto plan = plan_of({"t4", "t9", "text", "gone"});
  build(plan);
  PlanReader reader(store, plan, model, reading);

  const auto blanks = reader.read_blanks();

  ASSERT_EQ(blanks.size(), 2U);
  EXPECT_EQ(blanks.at("t4").vision_tokens, 4);
  EXPECT_EQ(blanks.at("t9").vision_tokens, 9);
}

} // namespace
} // namespace microfiche::memory
