#include "memory/recall/cloze.h"

#include "tests/memory/recall/planned_stores.h"

#include <algorithm>

namespace microfiche::memory {
namespace {

using ::testing::SizeIs;

struct Fact {
  int64_t seq = 0;
  std::string key;
  std::string value;
};

class ClozeTest : public tests::PlannedStoreTest {
 protected:
  ClozeTest() : store(open()) {
    add(store,
        "notes",
        {"We planted seven apple trees behind the old mill, and it rained.",
         "Yes.",
         "The miller wanted cherries near the water instead.",
         "My sister keeps goats on the northern hill.",
         "The miller wanted cherries near the water instead."});
  }

  std::vector<Fact> facts() {
    Statement query(
        store.database(),
        "SELECT seq, key, value FROM fact JOIN turn ON turn.id = fact.turn "
        "WHERE fact.kind = 'cloze' ORDER BY fact.id");
    std::vector<Fact> list;
    while (query.next()) {
      list.push_back({query.integer(0), query.text(1), query.text(2)});
    }
    return list;
  }

  Store store;
};

TEST_F(ClozeTest, AKeyIsThreeWordsThatStandOnceAndTheValueWhatFollows) {
  EXPECT_EQ(add_cloze_facts(store, 1, 10, 1), 2);

  // A short turn, and one that is there twice, have none.
  ASSERT_THAT(facts(), SizeIs(2));
  EXPECT_EQ(facts()[0].seq, 1);
  EXPECT_EQ(facts()[1].seq, 4);
  for (const auto& fact : facts()) {
    const auto text = turns(store, 1)[static_cast<size_t>(fact.seq - 1)].text;
    EXPECT_EQ(std::count(fact.key.begin(), fact.key.end(), ' '), 2);
    EXPECT_LE(std::count(fact.value.begin(), fact.value.end(), ' '), 2);
    EXPECT_NE(text.find(fact.key + " " + fact.value), std::string::npos)
        << fact.key << " | " << fact.value;
  }
}

TEST_F(ClozeTest, TheSameSeedDrawsTheSameAndFactsStay) {
  add_cloze_facts(store, 1, 10, 1);
  const auto first = facts();

  EXPECT_EQ(add_cloze_facts(store, 1, 10, 2), 2);
  EXPECT_EQ(facts()[0].key, first[0].key);

  store.database().run("DELETE FROM fact");
  add_cloze_facts(store, 1, 10, 1);
  EXPECT_EQ(facts()[0].key, first[0].key);
  EXPECT_EQ(facts()[1].value, first[1].value);
}

TEST_F(ClozeTest, FewerFactsAreSpreadOverTheConversation) {
  for (int i = 0; i < 20; ++i) {
    const auto name = std::string("entry") + static_cast<char>('a' + i);
    add(store, "notes", {concat("Then ", name, " brought two heavy baskets.")});
  }

  EXPECT_EQ(add_cloze_facts(store, 1, 4, 1), 4);

  ASSERT_THAT(facts(), SizeIs(4));
  EXPECT_LE(facts()[0].seq, 5);
  EXPECT_GE(facts()[3].seq, 15);
}

} // namespace
} // namespace microfiche::memory
