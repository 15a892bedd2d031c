#include "core/error.h"
#include "memory/format_reader.h"

#include <algorithm>
#include <array>
#include <unordered_map>

namespace microfiche::memory {
namespace {

constexpr std::array<std::string_view, 8> kTurnFields =
    {"conversation", "seq", "role", "text", "time", "kind", "title", "facts"};

/// Our own format, one turn per line: `conversation`, `seq`, `role`, `text`,
/// and optionally `time`, `kind` (talk, tool or system), `title` (of the
/// conversation) and `facts` with `key`, `value` and `kind`. Conversations may
/// alternate; the numbers of each must rise.
class JsonlReader : public FormatReader {
 public:
  explicit JsonlReader(ImportContext& context) : FormatReader(context) {
    // An export has turns of tools; they come back with the others.
    context_.keep_tools = true;
  }

  void read(const JsonField& line) override {
    auto& conversation = conversation_of(line);
    for (const auto& field : line.json().items()) {
      const bool known =
          std::find(kTurnFields.begin(), kTurnFields.end(), field.key()) !=
          kTurnFields.end();
      check(
          known,
          line.where(),
          ": no field named \"",
          field.key(),
          "\"; a turn has conversation, seq, role, text, time, kind, title and "
          "facts");
    }
    ImportedTurn turn;
    turn.where = line.where();
    turn.role = read_role(line.at("role"));
    turn.kind = kind_of(turn.role);
    if (const auto kind = line.find("kind")) {
      const auto found = find_kind(kind->text());
      if (!found) {
        kind->fail("one of the kinds talk, tool and system");
      }
      turn.kind = *found;
    }
    if (const auto seq = line.find("seq")) {
      turn.seq = seq->integer();
      const int64_t last =
          conversation.turns.empty() ? 0 : conversation.turns.back().seq;
      if (turn.seq <= last) {
        seq->fail(concat("a number above ", last, ", that of the turn before"));
      }
    }
    turn.text = line.at("text").text();
    turn.time_ms = line.optional_time_ms("time");
    read_facts(line, turn);
    if (const auto title = line.find("title")) {
      conversation.title = title->text();
    }
    add_turn(conversation, std::move(turn));
  }

  void finish() override {
    for (auto& conversation : conversations_) {
      hand_over(std::move(conversation));
    }
  }

 private:
  ImportedConversation& conversation_of(const JsonField& line) {
    const std::string name = line.at("conversation").name();
    const auto [found, is_new] =
        index_.try_emplace(name, conversations_.size());
    if (is_new) {
      conversations_.emplace_back();
      conversations_.back().name = name;
      conversations_.back().where = line.where();
    }
    return conversations_[found->second];
  }

  static void read_facts(const JsonField& line, ImportedTurn& turn) {
    for (const auto& fact : line.elements_or_none("facts")) {
      turn.facts.push_back(
          {fact.at("key").name(),
           fact.at("value").name(),
           fact.text_or_empty("kind")});
    }
  }

  std::vector<ImportedConversation> conversations_;
  std::unordered_map<std::string, size_t> index_;
};

} // namespace

std::unique_ptr<FormatReader> make_jsonl_reader(ImportContext& context) {
  return std::make_unique<JsonlReader>(context);
}

} // namespace microfiche::memory
