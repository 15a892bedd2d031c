#include "memory/reading/plan_context.h"

#include "core/error.h"
#include "tests/memory/reading/tiny_memory.h"

#include <torch/torch.h>

#include <list>

namespace microfiche::memory {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;
using ::testing::ThrowsMessage;

constexpr int64_t kCapacity = 120;
constexpr const char* kQuestion = "mot is ";

/// Contexts of four pages: 7 positions in "t4", 13 in "t9".
class PlanContextTest : public tests::TinyMemoryTest {
 protected:
  std::vector<ContextPage> pages_of(const std::vector<std::string>& modes) {
    plans.push_back(plan_of(modes));
    build(plans.back());
    return context_pages(store, plans.back(), model);
  }

  /// The keys of the first layer at the positions that are filled.
  static torch::Tensor keys_of(const PlanContext& context) {
    return context.cache().keys(0).slice(1, 0, context.positions());
  }

  std::list<StoredPlan> plans;
};

TEST_F(PlanContextTest, TheContextIsBosAndThePagesThatAreNotGone) {
  PlanContext context(model, kCapacity);
  const auto text = page_texts(store, plan_of({"t4", "t4", "t4", "t4"})).back();
  const auto text_positions = static_cast<int64_t>(
      model.tokenizer().encode(text, /*added_tokens=*/false).size());

  const auto change = context.move_to(pages_of({"gone", "t4", "t9", "text"}));

  EXPECT_EQ(context.positions(), 1 + 7 + 13 + text_positions);
  EXPECT_EQ(change.prefilled, 7 + 13 + text_positions);
  EXPECT_EQ(change.kept, 0);
}

TEST_F(PlanContextTest, ANewPageKeepsTheCacheOfAllOthers) {
  PlanContext context(model, kCapacity);
  auto pages = pages_of({"t4", "t4", "t9", "t9"});
  auto fewer = pages;
  fewer.pop_back();
  context.move_to(fewer);

  const auto change = context.move_to(pages);

  EXPECT_EQ(change.kept, 7 + 7 + 13);
  EXPECT_EQ(change.prefilled, 13);
}

TEST_F(PlanContextTest, APageThatAgesKeepsOnlyTheCacheInFrontOfIt) {
  PlanContext context(model, kCapacity);
  context.move_to(pages_of({"t4", "t9", "t9", "t9"}));

  const auto change = context.move_to(pages_of({"t4", "t4", "t9", "t9"}));

  EXPECT_EQ(change.kept, 7);
  EXPECT_EQ(change.prefilled, 7 + 13 + 13);
}

TEST_F(PlanContextTest, AnOldestPageThatIsDroppedKeepsNothing) {
  PlanContext context(model, kCapacity);
  context.move_to(pages_of({"t4", "t4", "t4", "t4"}));

  const auto change = context.move_to(pages_of({"gone", "t4", "t4", "t4"}));

  EXPECT_EQ(change.kept, 0);
  EXPECT_EQ(change.prefilled, 21);
}

TEST_F(PlanContextTest, AKeptPrefixGivesTheKeysAndTheAnswerOfANewContext) {
  PlanContext kept(model, kCapacity);
  kept.move_to(pages_of({"t4", "t9", "t9", "gone"}));
  kept.answer(kQuestion, 5);
  const auto pages = pages_of({"t4", "t9", "t4", "t9"});
  ASSERT_EQ(kept.move_to(pages).kept, 20);
  PlanContext anew(model, kCapacity);
  anew.move_to(pages);

  EXPECT_TRUE(torch::allclose(keys_of(kept), keys_of(anew), 1e-4, 1e-5));
  EXPECT_EQ(kept.answer(kQuestion, 12), anew.answer(kQuestion, 12));
}

TEST_F(PlanContextTest, AnAnswerDependsOnThePages) {
  PlanContext context(model, kCapacity);
  context.move_to(pages_of({"t9", "t9", "t9", "t9"}));
  const auto four = context.answer(kQuestion, 12, /*past_end=*/true);
  context.move_to(pages_of({"gone", "gone", "gone", "t4"}));

  EXPECT_THAT(four, SizeIs(12));
  EXPECT_NE(context.answer(kQuestion, 12, /*past_end=*/true), four);
}

TEST_F(PlanContextTest, AQuestionLeavesTheContextAsItWas) {
  PlanContext context(model, kCapacity);
  const auto pages = pages_of({"t4", "t4", "t9", "t9"});
  context.move_to(pages);
  const auto before = keys_of(context).clone();

  const auto first = context.answer(kQuestion, 8);
  const auto second = context.answer(kQuestion, 8);

  EXPECT_EQ(first, second);
  EXPECT_TRUE(torch::equal(keys_of(context), before));
  EXPECT_EQ(context.move_to(pages).prefilled, 0);
}

TEST_F(PlanContextTest, PagesThatDoNotFitAreRefusedAndTheContextStays) {
  PlanContext context(model, 30);
  context.move_to(pages_of({"gone", "gone", "t4", "t4"}));

  EXPECT_THAT(
      [&] {
        context.move_to(pages_of({"t9", "t9", "t9", "t9"}));
      },
      ThrowsMessage<InputError>(HasSubstr("the pages need 53 positions")));
  EXPECT_EQ(context.positions(), 15);
  EXPECT_THAT(
      [&] { context.answer(kQuestion, 20); },
      ThrowsMessage<InputError>(HasSubstr("behind 15 positions need")));
}

TEST_F(PlanContextTest, APageThatWasNotBuiltIsNamed) {
  const auto plan = plan_of({"t4", "t4", "t4", "t4"});

  EXPECT_THAT(
      [&] { context_pages(store, plan, model); },
      ThrowsMessage<InputError>(HasSubstr("page 1 of plan 1 has no vision "
                                          "tokens of this model in t4")));
}

} // namespace
} // namespace microfiche::memory
