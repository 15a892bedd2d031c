#include "memory/recall/generated_conversation.h"

#include "core/json.h"
#include "data/corpus.h"
#include "memory/recall/find_value.h"
#include "tests/memory/stores.h"

#include <map>

namespace microfiche::memory {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Key;
using ::testing::SizeIs;
using ::testing::ThrowsMessage;

/// The text that ships with the repository.
const std::vector<std::string>& shipped_filler() {
  static const auto filler = [] {
    std::vector<std::string> list;
    for (const auto& document :
         data::read_documents(MICROFICHE_SOURCE_DIR "/data/text/training")) {
      const auto sentences = filler_sentences(document.text);
      list.insert(list.end(), sentences.begin(), sentences.end());
    }
    return list;
  }();
  return filler;
}

std::vector<Json> generated_turns(const GenerateConfig& config) {
  std::vector<Json> turns;
  std::istringstream lines(generate_conversation(config, shipped_filler()));
  for (std::string line; std::getline(lines, line);) {
    turns.push_back(parse_json(line, "generated"));
  }
  return turns;
}

class GeneratedConversationTest : public tests::StoreTest {};

TEST_F(GeneratedConversationTest, FillerIsShortWholeSentences) {
  EXPECT_THAT(
      filler_sentences("And it came to pass.  Why not? Too short.\nA sentence "
                       "that is much too long for a page of the nano model, "
                       "so it is left out. [1 user] is left out. It was so."
                       " And he went\nhome again."),
      ElementsAre("And it came to pass.", "And he went home again."));
}

TEST_F(GeneratedConversationTest, EachFactCanBeFoundInItsTurn) {
  GenerateConfig config;
  std::map<std::string, int> kinds;
  std::set<std::string> keys;
  int facts = 0;

  for (const auto& turn : generated_turns(config)) {
    for (const auto& fact : turn.value("facts", Json::array())) {
      ++facts;
      ++kinds[fact["kind"]];
      keys.insert(fact["key"]);
      EXPECT_EQ(
          ValueText(turn["text"].get<std::string>())
              .find(fact["key"].get<std::string>(), /*connected=*/true),
          fact["value"].get<std::string>());
    }
  }

  EXPECT_EQ(facts, config.facts + config.updates);
  EXPECT_THAT(keys, SizeIs(config.facts));
  for (const auto* kind : {"words", "names", "digits", "hex"}) {
    EXPECT_THAT(kinds, Contains(Key(kind)));
    EXPECT_GE(kinds[kind], 30);
  }
}

TEST_F(GeneratedConversationTest, FactsAreSpreadOverAllTurns) {
  GenerateConfig config;
  config.turns = 200;
  config.facts = 100;
  config.updates = 0;
  std::vector<int> quarters(4);

  for (const auto& turn : generated_turns(config)) {
    quarters[(turn["seq"].get<size_t>() - 1) / 50] +=
        turn.contains("facts") ? 1 : 0;
  }

  EXPECT_THAT(quarters, ElementsAre(25, 25, 25, 25));
}

TEST_F(GeneratedConversationTest, TheSameSeedGivesTheSameBytes) {
  GenerateConfig config;
  const auto first = generate_conversation(config, shipped_filler());

  EXPECT_EQ(generate_conversation(config, shipped_filler()), first);
  config.seed = 1;
  EXPECT_NE(generate_conversation(config, shipped_filler()), first);
}

TEST_F(GeneratedConversationTest, TheImporterTakesItWhole) {
  auto store = open();
  GenerateConfig config;
  config.name = "made";

  const auto report =
      import(store, generate_conversation(config, shipped_filler()));

  EXPECT_EQ(report.new_conversations, 1);
  EXPECT_THAT(texts(store, "made"), SizeIs(config.turns));
  EXPECT_EQ(
      store.database().integer("SELECT count(*) FROM fact"),
      config.facts + config.updates);
}

TEST_F(GeneratedConversationTest, NumbersThatDoNotFitAreRefused) {
  GenerateConfig config;
  config.turns = 100;
  config.facts = 95;

  EXPECT_THAT(
      [&] { generate_conversation(config, shipped_filler()); },
      ThrowsMessage<UsageError>(HasSubstr("raise --turns")));
  config.facts = 0;
  EXPECT_THAT(
      [&] { generate_conversation(config, shipped_filler()); },
      ThrowsMessage<UsageError>(HasSubstr("at least 1 fact")));
}

TEST_F(GeneratedConversationTest, FillerWithoutWordsIsRefused) {
  EXPECT_THAT(
      [] { generate_conversation({}, {"It was so and so."}); },
      ThrowsMessage<InputError>(HasSubstr("give more text")));
}

} // namespace
} // namespace microfiche::memory
