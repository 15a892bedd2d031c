#include "memory/recall/probes.h"

#include "tests/memory/recall/planned_stores.h"

#include <set>

namespace microfiche::memory {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using ::testing::ThrowsMessage;
using ::testing::UnorderedElementsAre;

class ProbesTest : public tests::PlannedStoreTest {
 protected:
  static std::vector<std::string> keys(const std::vector<Probe>& probes) {
    std::vector<std::string> list;
    for (const auto& probe : probes) {
      list.push_back(probe.key);
    }
    return list;
  }

  static std::vector<Probe>
  draw(Store& store, const StoredPlan& plan, const ProbeOptions& options = {}) {
    return draw_probes(store, plan, stated_facts(store, plan), options);
  }
};

TEST_F(ProbesTest, OnlyTheNewestValueOfAKeyIsAskedFor) {
  auto store = open();
  fill(
      store,
      {{"kib is one.", "kib", "one"},
       {"mot is two.", "mot", "two"},
       {"Kib is three.", "Kib", "three"}});
  const auto plan = make_plan(store, {"m", "m", "m"});

  const auto probes = draw(store, plan);

  EXPECT_THAT(keys(probes), ElementsAre("Kib", "mot"));
  EXPECT_EQ(probes[0].answer.value, "three");
  EXPECT_THAT(probes[0].answer.earlier, UnorderedElementsAre("one", "three"));
  EXPECT_THAT(probes[0].answer.other_pages, ElementsAre("two"));
  EXPECT_EQ(probes[0].seq, 3);
  EXPECT_EQ(probes[0].item, 2U);
}

TEST_F(ProbesTest, AFactWithoutAPageInThePlanIsLeftOut) {
  auto store = open();
  fill(store, {{"kib is one.", "kib", "one"}, {"mot is two.", "mot", "two"}});
  const auto plan = make_plan(store, {"m"});

  EXPECT_THAT(keys(draw(store, plan)), ElementsAre("kib"));
}

TEST_F(ProbesTest, ALongTurnsFactIsOnThePageWithTheValue) {
  const std::string filler(120, 'x');
  auto store = open();
  fill(store, {{"one " + filler + " kib is one.", "kib", "one"}});
  ASSERT_THAT(pages(store, 1), SizeIs(2));
  const auto plan = make_plan(store, {"m", "m"});

  const auto facts = stated_facts(store, plan);

  ASSERT_THAT(facts, SizeIs(1));
  EXPECT_EQ(facts[0].item, 1U);
}

TEST_F(ProbesTest, ALimitKeepsAllAges) {
  std::vector<Line> lines;
  std::vector<std::string> modes;
  for (char letter = 'a'; letter < 'm'; ++letter) {
    const std::string key(3, letter);
    lines.push_back({key + " is v.", key, "v"});
    modes.emplace_back("m");
  }
  auto store = open();
  fill(store, lines);
  const auto plan = make_plan(store, modes);
  ProbeOptions options;
  options.limit = 4;

  for (options.seed = 0; options.seed < 5; ++options.seed) {
    const auto probes = draw(store, plan, options);

    // One of each quarter of the ages, newest first.
    ASSERT_THAT(probes, SizeIs(4));
    for (size_t i = 0; i < 4; ++i) {
      EXPECT_EQ((11 - *probes[i].item) / 3, i);
    }
  }
}

TEST_F(ProbesTest, ANeverStatedKeyIsInNoTurn) {
  auto store = open();
  fill(
      store,
      {{"kibo is one. kirt was mentioned.", "kibo", "one"},
       {"mort is two.", "mort", "two"}});
  const auto plan = make_plan(store, {"m", "m"});
  ProbeOptions options;
  options.never_stated = 1;

  const auto probes = draw(store, plan, options);

  // "kirt" stands in a turn; of the crossed keys only "mobo" is left.
  ASSERT_THAT(keys(probes), ElementsAre("mort", "kibo", "mobo"));
  EXPECT_EQ(probes[2].fact, std::nullopt);
  EXPECT_EQ(probes[2].item, std::nullopt);
  EXPECT_EQ(probes[2].answer.value, "");
}

TEST_F(ProbesTest, MoreNeverStatedKeysThanThereAreAreRefused) {
  auto store = open();
  fill(store, {{"kibo is one.", "kibo", "one"}});
  const auto plan = make_plan(store, {"m"});
  ProbeOptions options;
  options.never_stated = 1;

  EXPECT_THAT(
      [&] { draw(store, plan, options); },
      ThrowsMessage<UsageError>(HasSubstr("--never-stated")));
}

TEST_F(ProbesTest, AStoreWithoutFactsIsRefused) {
  auto store = open();
  fill(store, {{"Nothing here."}});
  const auto plan = make_plan(store, {"m"});

  EXPECT_THAT(
      [&] { draw(store, plan); },
      ThrowsMessage<InputError>(HasSubstr("memory generate")));
}

TEST_F(ProbesTest, APlanThatIsNotThereIsRefused) {
  auto store = open();
  fill(store, {{"kib is one.", "kib", "one"}});

  EXPECT_THAT(
      [&] { find_plan(store, 1); },
      ThrowsMessage<InputError>(HasSubstr("has no plan")));
  EXPECT_THAT(
      [&] { find_plan(store, 1, 7); },
      ThrowsMessage<InputError>(HasSubstr("has no plan 7")));
}

} // namespace
} // namespace microfiche::memory
