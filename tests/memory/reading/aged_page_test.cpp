#include "memory/reading/aged_page.h"

#include "core/error.h"
#include "tests/memory/reading/tiny_memory.h"

namespace microfiche::memory {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::ThrowsMessage;

/// The fifth page is longer than the others.
class AgedPageTest : public tests::TinyMemoryTest {
 protected:
  AgedPageTest() {
    fill(store, {{"The number of zel is forty two, and this is more."}});
    plan = plan_of({"t4", "t4", "t4", "t4", "t4"});
  }

  static AgeingConfig ageing(Ageing how, double font_size_px) {
    return {how, font_size_px, /*line_height=*/0, /*from=*/""};
  }

  AgedPage draw(size_t item, const AgeingConfig& config) {
    return PageAger(store, plan)
        .draw(plan.items.at(item), model.find_mode("t4"), config);
  }

  StoredPlan plan;
};

TEST_F(AgedPageTest, AnExcerptHasTheRarestWordsThatFitTheSmallPicture) {
  // 8 characters on each of 3 lines.
  const auto aged = draw(4, ageing(Ageing::kExcerpt, 12));

  EXPECT_EQ(aged.image.width, 64);
  EXPECT_EQ(aged.image.height, 64);
  EXPECT_EQ(aged.type_px, 12);
  EXPECT_THAT(aged.text, HasSubstr("[5 user] "));
  EXPECT_THAT(aged.text, Not(HasSubstr("this")));
  EXPECT_LE(aged.text.size(), 27U);
}

TEST_F(AgedPageTest, AnExcerptOfAShortPageIsItsText) {
  EXPECT_EQ(draw(0, ageing(Ageing::kExcerpt, 8)).text, "[1 user] kib is one.");
}

TEST_F(AgedPageTest, ARedrawnPageHasAllTextInTheLargestTypeThatFits) {
  const auto aged = draw(4, ageing(Ageing::kRedrawn, 4));

  EXPECT_EQ(
      aged.text, "[5 user] The number of zel is forty two, and this is more.");
  EXPECT_GE(aged.type_px, 4);
  EXPECT_LT(aged.type_px, 12);
  EXPECT_GT(draw(0, ageing(Ageing::kRedrawn, 4)).type_px, aged.type_px);
}

TEST_F(AgedPageTest, ARedrawnPageThatDoesNotFitIsNamed) {
  EXPECT_THAT(
      [&] { draw(4, ageing(Ageing::kRedrawn, 12)); },
      ThrowsMessage<InputError>(HasSubstr(
          "page 5 in mode t4: the text does not fit in type of 12 px")));
}

TEST_F(AgedPageTest, AModeWithTilesHasNoPagesThatAreDrawnAgain) {
  EXPECT_THAT(
      [&] {
        PageAger(store, plan)
            .draw(
                plan.items[0],
                model.find_mode("tiles"),
                ageing(Ageing::kExcerpt, 8));
      },
      ThrowsMessage<InputError>(HasSubstr("only a mode without tiles")));
}

TEST_F(AgedPageTest, APictureOfEachWayIsBuiltOnceAndKept) {
  build(plan);
  auto excerpts = plan;
  for (auto& item : excerpts.items) {
    item.how = ageing_text(ageing(Ageing::kExcerpt, 12));
  }

  EXPECT_EQ(build(excerpts).encoded, 5);
  EXPECT_EQ(build(excerpts).reused, 5);
  EXPECT_EQ(build(plan).reused, 5);
  const auto tokens = [&](const StoredPlan& of) {
    const auto& item = of.items[4];
    return find_token_file(
               store, item.page, item.mode, item.how, token_file_model(model))
        ->sha256;
  };
  EXPECT_NE(tokens(excerpts), tokens(plan));
  EXPECT_EQ(
      store.database().integer(
          "SELECT count(*) FROM rendering WHERE how LIKE '%excerpt%' AND "
          "type_px = 12 AND mode = 't4'"),
      5);
}

TEST_F(AgedPageTest, AnExcerptDoesNotDependOnLaterTurns) {
  const auto before = draw(0, ageing(Ageing::kExcerpt, 12)).text;
  fill(store, {{"kib kib kib"}, {"one one one"}});
  plan = plan_of({"t4", "t4", "t4", "t4", "t4", "t4", "t4"});

  EXPECT_EQ(draw(0, ageing(Ageing::kExcerpt, 12)).text, before);
}

} // namespace
} // namespace microfiche::memory
