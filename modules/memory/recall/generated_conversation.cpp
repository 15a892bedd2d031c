#include "memory/recall/generated_conversation.h"

#include "core/error.h"
#include "core/json.h"
#include "core/random.h"
#include "memory/recall/find_value.h"

#include <algorithm>
#include <array>
#include <set>

namespace microfiche::memory {
namespace {

constexpr size_t kShortestSentence = 20;
constexpr size_t kLongestSentence = 45;

constexpr std::string_view kConsonants = "bdfgklmnprstvz";
constexpr std::string_view kVowels = "aeiou";
constexpr std::string_view kDigits = "0123456789";
constexpr std::string_view kHexDigits = "0123456789abcdef";

/// Kinds of facts, and what a sentence calls their values.
struct FactKind {
  const char* name;
  const char* noun;
};
constexpr std::array<FactKind, 4> kFactKinds = {
    {{"words", "word"},
     {"names", "name"},
     {"digits", "number"},
     {"hex", "code"}}};

std::string
draw_from(std::string_view letters, size_t count, RandomStream& random) {
  std::string text;
  for (size_t i = 0; i < count; ++i) {
    text += letters[random.below(letters.size())];
  }
  return text;
}

/// A word that can be spoken: consonants and vowels in turn.
std::string draw_syllables(size_t count, RandomStream& random) {
  std::string text;
  for (size_t i = 0; i < count; ++i) {
    text += draw_from(i % 2 == 0 ? kConsonants : kVowels, 1, random);
  }
  return text;
}

/// Words of four to seven small letters.
std::vector<std::string> plain_words(const std::vector<std::string>& filler) {
  std::set<std::string> words;
  std::string word;
  for (const auto& sentence : filler) {
    for (const char character : sentence + " ") {
      if (character >= 'a' && character <= 'z') {
        word += character;
        continue;
      }
      // A word after a capital or an apostrophe is only part of one.
      if (character == ' ' && word.size() >= 4 && word.size() <= 7) {
        words.insert(word);
      }
      word.clear();
      if (character != ' ') {
        word = "#########";
      }
    }
    word.clear();
  }
  return {words.begin(), words.end()};
}

class ConversationMaker {
 public:
  ConversationMaker(
      const GenerateConfig& config,
      const std::vector<std::string>& filler)
      : config_(config),
        filler_(filler),
        words_(plain_words(filler)),
        random_(config.seed, "conversation"),
        name_(
            config.name.empty() ? concat("generated-", config.seed)
                                : config.name) {
    check(
        words_.size() >= 100,
        "generate: the filler has ",
        words_.size(),
        " different words of four to seven letters, expected at least 100; "
        "give more text");
  }

  std::string run() {
    place_facts();
    std::string lines;
    for (int64_t seq = 1; seq <= config_.turns; ++seq) {
      Json turn = {
          {"conversation", name_},
          {"seq", seq},
          {"role", seq % 2 == 1 ? "user" : "assistant"}};
      state(turn, kinds_[static_cast<size_t>(seq - 1)]);
      lines += turn.dump() + "\n";
    }
    return lines;
  }

 private:
  enum class TurnKind { kFiller, kFact, kUpdate };

  struct Known {
    std::string key;
    FactKind kind;
  };

  /// One statement in each of as many groups of neighbouring turns; updates are
  /// among the later ones, because they need an earlier fact.
  void place_facts() {
    kinds_.assign(static_cast<size_t>(config_.turns), TurnKind::kFiller);
    const int64_t count = config_.facts + config_.updates;
    std::vector<size_t> places;
    for (int64_t group = 0; group < count; ++group) {
      const int64_t first = group * config_.turns / count;
      const int64_t last = (group + 1) * config_.turns / count - 1;
      places.push_back(static_cast<size_t>(random_.between(first, last)));
      kinds_[places.back()] = TurnKind::kFact;
    }
    // The first statement is never an update.
    places.erase(places.begin());
    random_.shuffle(places);
    for (int64_t i = 0; i < config_.updates; ++i) {
      kinds_[places[static_cast<size_t>(i)]] = TurnKind::kUpdate;
    }
  }

  void state(Json& turn, TurnKind turn_kind) {
    if (turn_kind == TurnKind::kFiller) {
      turn["text"] = random_.pick(filler_);
      return;
    }
    const bool is_update = turn_kind == TurnKind::kUpdate;
    if (!is_update) {
      known_.push_back({draw_key(), kFactKinds[known_.size() % 4]});
    }
    const auto& fact = is_update ? random_.pick(known_) : known_.back();
    const auto value = draw_value(fact.kind);
    turn["text"] = concat(
        "The ",
        fact.kind.noun,
        " of ",
        fact.key,
        is_update ? " is now " : " is ",
        value,
        ".");
    turn["facts"] = {
        {{"key", fact.key}, {"value", value}, {"kind", fact.kind.name}}};
  }

  /// Not a word of the filler, which would state something by chance.
  std::string draw_key() {
    for (;;) {
      auto key = draw_syllables(5, random_);
      if (!std::binary_search(words_.begin(), words_.end(), key) &&
          keys_.insert(key).second) {
        return key;
      }
    }
  }

  /// Values are unique, so that a wrong answer shows where it comes from.
  std::string draw_value(const FactKind& kind) {
    for (int draws = 0;; ++draws) {
      check(
          draws < 10000,
          "generate: no unused value of the kind \"",
          kind.name,
          "\" is left; make fewer facts");
      auto value = draw_any_value(kind.name);
      if (!keys_.contains(value) && values_.insert(value).second) {
        return value;
      }
    }
  }

  std::string draw_any_value(std::string_view kind) {
    if (kind == "words") {
      return random_.pick(words_);
    }
    if (kind == "names") {
      auto name = draw_syllables(6, random_);
      name[0] = static_cast<char>(name[0] - 'a' + 'A');
      return name;
    }
    if (kind == "digits") {
      return draw_from(kDigits, 4, random_);
    }
    // At least one letter, or it would be a number.
    return draw_from(kHexDigits, 3, random_) +
        draw_from(kHexDigits.substr(10), 1, random_);
  }

  const GenerateConfig& config_;
  const std::vector<std::string>& filler_;
  const std::vector<std::string> words_;
  RandomStream random_;
  const std::string name_;
  std::vector<TurnKind> kinds_;
  std::vector<Known> known_;
  std::set<std::string> keys_;
  std::set<std::string> values_;
};

} // namespace

std::vector<std::string> filler_sentences(const std::string& text) {
  const auto line = with_single_spaces(text);
  std::vector<std::string> sentences;
  size_t begin = 0;
  for (size_t i = 0; i < line.size(); ++i) {
    const bool ends =
        std::string_view(".!?").find(line[i]) != std::string_view::npos &&
        (i + 1 == line.size() || line[i + 1] == ' ');
    if (!ends) {
      continue;
    }
    const auto sentence = line.substr(begin, i + 1 - begin);
    begin = std::min(i + 2, line.size());
    const bool is_plain =
        std::all_of(sentence.begin(), sentence.end(), [](char character) {
          return character >= ' ' && character <= '~' && character != '[';
        });
    if (sentence.size() >= kShortestSentence &&
        sentence.size() <= kLongestSentence && is_plain &&
        sentence.back() == '.' && sentence[0] >= 'A' && sentence[0] <= 'Z') {
      sentences.push_back(sentence);
    }
  }
  return sentences;
}

std::string generate_conversation(
    const GenerateConfig& config,
    const std::vector<std::string>& filler) {
  check<UsageError>(
      config.facts >= 1 && config.updates >= 0,
      "generate: expected at least 1 fact and 0 updates, got ",
      config.facts,
      " and ",
      config.updates);
  check<UsageError>(
      config.facts <= config.turns &&
          config.updates <= config.turns - config.facts,
      "generate: ",
      config.facts,
      " facts and ",
      config.updates,
      " updates need as many turns, got ",
      config.turns,
      "; raise --turns");
  return ConversationMaker(config, filler).run();
}

} // namespace microfiche::memory
