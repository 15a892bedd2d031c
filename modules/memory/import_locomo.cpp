#include "memory/dataset_question.h"
#include "memory/dataset_time.h"
#include "memory/format_reader.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <unordered_map>

namespace microfiche::memory {
namespace {

/// LoCoMo: a list of conversations between two people: `sample_id`,
/// `conversation` with `speaker_a`, `speaker_b`, `session_N` (messages of
/// speaker, dia_id and text) and `session_N_date_time`, and `qa` with
/// `question`, `answer`, `evidence` (names of messages) and `category`.
/// `speaker_a` is the user. The name of the speaker begins each turn, because
/// the questions use it.
///
/// Source: LoCoMo, arXiv:2402.17753; data/locomo10.json of
/// snap-research/locomo.
class LocomoReader : public FormatReader {
 public:
  using FormatReader::FormatReader;

  void read(const JsonField& value) override {
    auto conversation = begin_conversation(value, "title", {"sample_id"});
    const auto content = value.at("conversation");
    const auto first = content.at("speaker_a").text();
    const auto second = content.at("speaker_b").text();
    conversation.title = first + " and " + second;
    turns_by_name_.clear();
    for (const auto& [number, session] : sessions(content)) {
      const auto date = "session_" + std::to_string(number) + "_date_time";
      std::optional<int64_t> time;
      if (const auto field = content.find(date.c_str())) {
        time = parse_locomo_time(field->text());
        if (!time) {
          field->fail("a time such as \"1:56 pm on 8 May, 2023\"");
        }
      }
      for (const auto& message : session.elements()) {
        read_message(message, {first, second}, time, conversation);
      }
    }
    for (const auto& question : value.elements_or_none("qa")) {
      read_question(question, conversation);
    }
    hand_over(std::move(conversation));
  }

 private:
  /// The fields `session_N`, by N.
  static std::map<int, JsonField> sessions(const JsonField& content) {
    constexpr std::string_view kPrefix = "session_";
    std::map<int, JsonField> found;
    for (const auto& entry : content.json().items()) {
      const std::string_view name = entry.key();
      if (!name.starts_with(kPrefix)) {
        continue;
      }
      int number = 0;
      const char* const end = name.data() + name.size();
      const auto parsed =
          std::from_chars(name.data() + kPrefix.size(), end, number);
      if (parsed.ec == std::errc() && parsed.ptr == end &&
          !entry.value().is_null()) {
        found.emplace(number, content.at(entry.key().c_str()));
      }
    }
    return found;
  }

  void read_message(
      const JsonField& message,
      const std::pair<std::string, std::string>& speakers,
      std::optional<int64_t> time,
      ImportedConversation& conversation) {
    const auto speaker = message.at("speaker");
    if (speaker.text() != speakers.first && speaker.text() != speakers.second) {
      speaker.fail("\"" + speakers.first + "\" or \"" + speakers.second + "\"");
    }
    for (const char* name : {"img_url", "img_file"}) {
      if (const auto images = message.find(name)) {
        context_.losses.images += images->json().is_array()
            ? static_cast<int64_t>(images->json().size())
            : 1;
        break;
      }
    }
    const auto text = message.text_or_empty("text");
    ImportedTurn turn;
    turn.role =
        speaker.text() == speakers.first ? Role::kUser : Role::kAssistant;
    turn.text = text.empty() ? "" : speaker.text() + ": " + text;
    turn.time_ms = time;
    turn.where = message.where();
    const auto id = message.at("dia_id").name();
    const size_t number = conversation.turns.size();
    add_turn(conversation, std::move(turn));
    if (conversation.turns.size() > number) {
      turns_by_name_[id] = number;
    }
  }

  void read_question(
      const JsonField& value,
      ImportedConversation& conversation) {
    const auto& question = value.at("question").text();
    const auto answer = value.find("answer");
    // The questions of category 5 have none: the conversation does not say.
    constexpr int64_t kAdversarial = 5;
    const auto category = value.find("category");
    if (!answer || (category && category->integer() == kAdversarial)) {
      ++context_.losses.questions;
      return;
    }
    std::vector<size_t> evidence;
    for (const auto& names : value.elements_or_none("evidence")) {
      // Some elements are lists: "D8:6; D9:17".
      std::string_view rest = names.text();
      while (!rest.empty()) {
        const size_t size = std::min(rest.find_first_of("; ,"), rest.size());
        const auto found =
            turns_by_name_.find(std::string(rest.substr(0, size)));
        if (found != turns_by_name_.end()) {
          evidence.push_back(found->second);
        }
        rest.remove_prefix(std::min(size + 1, rest.size()));
      }
    }
    add_question(
        conversation,
        evidence,
        question,
        answer_text(*answer),
        context_.losses);
  }

  std::unordered_map<std::string, size_t> turns_by_name_;
};

} // namespace

std::unique_ptr<FormatReader> make_locomo_reader(ImportContext& context) {
  return std::make_unique<LocomoReader>(context);
}

} // namespace microfiche::memory
