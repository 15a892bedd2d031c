#include "training/trained_pages.h"

#include "model/model_config.h"
#include "tests/training/small_training.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace microfiche::training {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Optional;
using ::testing::Pair;

class TrainedPagesTest : public ::testing::Test {
 protected:
  std::optional<model::TrainedOn> pages() const {
    return trained_pages(config, nano);
  }

  tests::TemporaryFolder folder;
  TrainingConfig config = tests::small_training(folder.path());
  model::ModelConfig nano =
      model::load_model_config(tests::nano_model() / "config.json");
};

TEST_F(TrainedPagesTest, AreThoseOfAllStages) {
  config.stages[0].pages->modes = {{"one", 1}};
  config.stages[0].pages->fonts = {"DejaVu Sans Mono"};
  config.stages[0].pages->characters_per_token = {2, 3};
  config.stages[1].pages->modes = {{"four", 1}};
  config.stages[1].pages->fonts = {"DejaVu Serif", "DejaVu Sans Mono"};

  const auto trained = pages();

  ASSERT_TRUE(trained);
  EXPECT_THAT(trained->modes, ElementsAre("four", "one"));
  EXPECT_THAT(trained->fonts, ElementsAre("DejaVu Sans Mono", "DejaVu Serif"));
  EXPECT_THAT(trained->characters_per_vision_token, Optional(Pair(2, 6)));
  EXPECT_THAT(trained->languages, IsEmpty());
}

TEST_F(TrainedPagesTest, SizesThatDependOnTheTextSetNoLimit) {
  config.stages[1].pages->sizes = {{16, 20}};

  EXPECT_THAT(pages()->type_sizes, IsEmpty());
}

TEST_F(TrainedPagesTest, FixedSizesAreAListAndRangesARange) {
  config.stages[0].pages->sizes = {{16, 20}};
  config.stages[1].pages->sizes = {{16, 20}, {8, 10}};
  auto trained = pages();
  EXPECT_FALSE(trained->sizes_between);
  ASSERT_EQ(trained->type_sizes.size(), 2);
  EXPECT_EQ(trained->type_sizes[0].font_size_px, 8);
  EXPECT_EQ(trained->type_sizes[1].line_distance_px, 20);

  config.stages[1].pages->sizes.clear();
  config.stages[1].pages->font_size_px = {10, 30};
  config.stages[1].pages->line_height = {1.1, 1.5};
  trained = pages();
  EXPECT_TRUE(trained->sizes_between);
  ASSERT_EQ(trained->type_sizes.size(), 3);
  EXPECT_EQ(trained->type_sizes.front().line_distance_px, 11);
  EXPECT_EQ(trained->type_sizes.back().line_distance_px, 45);
}

TEST_F(TrainedPagesTest, PagesFromFilesAreUnknown) {
  auto& stage = config.stages[1];
  stage.mixture.resize(2);
  stage.mixture[0].pages = stage.pages;
  stage.mixture[1].conversations.emplace();
  stage.pages.reset();

  EXPECT_FALSE(pages());
}

TEST_F(TrainedPagesTest, AStyleIsKeptIfItIsTrained) {
  for (auto& stage : config.stages) {
    stage.pages->modes = {{"nano-9", 1}};
    stage.pages->fonts = {"DejaVu Sans Mono"};
    stage.pages->sizes = {{17.71, 21.3333}};
  }
  EXPECT_EQ(pages()->page_style, nano.toolkit.trained_on->page_style);

  config.stages[0].pages->fonts = {"DejaVu Serif"};
  config.stages[1].pages->fonts = {"DejaVu Serif"};
  EXPECT_TRUE(pages()->page_style.is_null());
}

TEST_F(TrainedPagesTest, AreWrittenWithTheModel) {
  config.stages[0].steps = 1;
  config.stages[1].steps = 1;

  Trainer(config, folder.path() / "run", torch::kCPU).run();

  const auto trained =
      model::load_model_config(folder.path() / "run/model/config.json")
          .toolkit.trained_on;
  ASSERT_TRUE(trained);
  EXPECT_THAT(trained->modes, ElementsAre("four", "one"));
}

} // namespace
} // namespace microfiche::training
