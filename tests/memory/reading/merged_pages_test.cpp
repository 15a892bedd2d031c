#include "memory/check_store.h"
#include "memory/curve/timeline.h"
#include "memory/derived_files.h"
#include "memory/erase.h"
#include "memory/plans.h"
#include "memory/reading/aged_page.h"
#include "memory/reading/ask.h"
#include "memory/reading/plan_context.h"
#include "memory/reading/plan_input.h"
#include "memory/reading/recall.h"
#include "tests/memory/reading/tiny_memory.h"

namespace microfiche::memory {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::ThrowsMessage;

/// Four pages of a fact each: the first three share a picture, or the first
/// two.
class MergedPagesTest : public tests::TinyMemoryTest {
 protected:
  StoredPlan merged_plan(int64_t pages = 2) {
    const auto policy = read_config<PolicyConfig>(
        parse_json(
            concat(
                R"({"policy": "merge", "text_when_cheaper": false, )",
                R"("options": {"steps": [{"mode": "t4", "up_to": 0}, )",
                R"({"mode": "t9", "pages": )",
                pages,
                R"(, "ageing": {"how": "redrawn", "font_size_px": 4}}]}})"),
            "merge.json"),
        "merge.json");
    const Policy read = {policy, "merge.json"};
    const auto input =
        make_plan_input(store, 1, model.config, model.tokenizer());
    const auto plan = memory::make_plan(read, input);
    return find_plan(
        store, 1, save_plan(store, 1, read, plan, "model", /*now_ms=*/0));
  }

  int64_t num_pictures() {
    return store.database().integer(
        "SELECT count(*) FROM rendering WHERE how LIKE '%pages%'");
  }
};

TEST_F(MergedPagesTest, APlanKeepsWhichPagesShareAPicture) {
  const auto plan = merged_plan();

  ASSERT_THAT(plan.items, SizeIs(4));
  EXPECT_THAT(pages_of_picture(plan, 0), ElementsAre(0, 1));
  EXPECT_THAT(pages_of_picture(plan, 1), ElementsAre(0, 1));
  EXPECT_THAT(pages_of_picture(plan, 3), ElementsAre(3));
  EXPECT_EQ(plan.items[0].positions, 0);
  EXPECT_EQ(plan.items[1].positions, 13);
  EXPECT_EQ(plan.spent, 13 + 7 + 7);
}

TEST_F(MergedPagesTest, ThePictureHasTheTextOfAllItsPages) {
  const auto plan = merged_plan();

  const auto drawn = PageAger(store, plan)
                         .draw(
                             plan.items[1],
                             model.find_mode("t9"),
                             read_ageing(plan.items[1].how, "plan"));

  EXPECT_EQ(drawn.text, "[1 user] kib is one.\n[2 user] mot is two.");
}

TEST_F(MergedPagesTest, APictureIsEncodedOnceAndReadOnce) {
  const auto plan = merged_plan();

  const auto report = build(plan);

  EXPECT_EQ(report.encoded, 3);
  EXPECT_EQ(num_pictures(), 1);
  EXPECT_EQ(build(plan).reused, 3);
  const auto texts = read(plan, {0, 1, 2, 3});
  EXPECT_EQ(num_read, 3);
  // The text belongs to the newest page of the picture.
  EXPECT_THAT(texts[0], IsEmpty());
  read(plan, {0, 1, 2, 3});
  EXPECT_EQ(num_reused, 3);
  const auto pages = context_pages(store, plan, model);
  ASSERT_THAT(pages, SizeIs(3));
  EXPECT_EQ(pages[0].positions, 13);
  EXPECT_TRUE(check_store(store, /*rebuild=*/false).faults.empty());
}

TEST_F(MergedPagesTest, ANewPageLeavesAMergedPageAsItIs) {
  build(merged_plan());
  fill(store, {{"zel is red.", "zel", "red"}});

  const auto plan = merged_plan();

  // Pages 3 and 4 share a picture now, page 5 is new.
  const auto report = build(plan);
  EXPECT_EQ(report.reused, 1);
  EXPECT_EQ(report.encoded, 2);
  EXPECT_THAT(pages_of_picture(plan, 2), ElementsAre(2, 3));
}

TEST_F(MergedPagesTest, RecallAsksForTheFactsOfAllPages) {
  const auto plan = merged_plan();
  build(plan);

  const auto result = recall(store, plan, model, {{}, reading});

  EXPECT_THAT(result.run.probes, SizeIs(4));
  EXPECT_EQ(result.num_read, 3);
  EXPECT_EQ(result.context_positions, 13);
  // The characters of two pages on nine vision tokens.
  EXPECT_NEAR(
      *characters_per_token(plan, result.run.texts, 0), 2 * 20 / 9.0, 1e-9);
}

TEST_F(MergedPagesTest, AnErasureTakesThePictureOfAllPagesWithIt) {
  build(merged_plan());
  const auto before = files(".safetensors");
  Selection selection;
  selection.matching = "kib";

  erase(store, selection, /*now_ms=*/0);

  EXPECT_EQ(num_pictures(), 0);
  EXPECT_THAT(files(".safetensors"), SizeIs(before.size() - 1));
  const auto left = find_plan(store, 1);
  EXPECT_THAT(
      [&] { build(left); },
      ThrowsMessage<InputError>(
          AllOf(HasSubstr("was erased"), HasSubstr("memory plan"))));
}

TEST_F(MergedPagesTest, TheTimelineShowsThePictureOnce) {
  const auto plan = merged_plan();
  build(plan);

  const auto timeline = curve::load_timeline(store, plan.id, 10);

  ASSERT_THAT(timeline.pages, SizeIs(4));
  EXPECT_TRUE(timeline.pages[2].built);
  EXPECT_EQ(
      timeline.pages[2].text, "[1 user] kib is one.\n[2 user] mot is two.");
  EXPECT_TRUE(timeline.pages[3].png.empty());
  EXPECT_EQ(timeline.pages[3].shown_with, std::pair(int64_t{2}, int64_t{2}));
  EXPECT_EQ(timeline.pages[3].text, "[1 user] kib is one.");
  EXPECT_THAT(
      curve::timeline_html(timeline), HasSubstr("On the picture of Turn 2."));
}

} // namespace
} // namespace microfiche::memory
