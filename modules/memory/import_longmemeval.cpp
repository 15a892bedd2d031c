#include "memory/dataset_question.h"
#include "memory/dataset_time.h"
#include "memory/format_reader.h"

#include <algorithm>
#include <unordered_set>

namespace microfiche::memory {
namespace {

/// LongMemEval: a list of questions, each with a conversation of its own:
/// `question_id`, `question`, `answer`, `haystack_sessions` (lists of messages
/// with role, content and, in the messages that are needed, `has_answer`),
/// `haystack_session_ids`, `haystack_dates` and `answer_session_ids`. The
/// sessions are put in the order of their dates.
///
/// Source: LongMemEval, arXiv:2410.10813; README of xiaowu0162/LongMemEval.
class LongMemEvalReader : public FormatReader {
 public:
  using FormatReader::FormatReader;

  void read(const JsonField& value) override {
    ImportedConversation conversation;
    conversation.where = value.where();
    conversation.name = value.at("question_id").name();
    conversation.title = value.at("question").text();
    const auto answer = answer_text(value.at("answer"));
    std::unordered_set<std::string> answer_sessions;
    for (const auto& id : value.elements_or_none("answer_session_ids")) {
      answer_sessions.insert(id.name());
    }
    // Messages that are marked, and those of sessions that are named.
    std::vector<size_t> marked;
    std::vector<size_t> named;
    for (const auto& session : sessions_by_date(value)) {
      for (const auto& message : session.messages) {
        ImportedTurn turn;
        turn.role = read_role(message.at("role"));
        turn.kind = kind_of(turn.role);
        turn.text = message.at("content").text();
        turn.time_ms = session.time_ms;
        turn.where = message.where();
        const size_t number = conversation.turns.size();
        add_turn(conversation, std::move(turn));
        if (conversation.turns.size() > number) {
          if (message.is_set("has_answer")) {
            marked.push_back(number);
          }
          if (answer_sessions.contains(session.id)) {
            named.push_back(number);
          }
        }
      }
    }
    // A question that the conversation does not answer.
    if (conversation.name.ends_with("_abs")) {
      ++context_.losses.questions;
    } else {
      add_question(
          conversation,
          marked.empty() ? named : marked,
          conversation.title,
          answer,
          context_.losses);
    }
    hand_over(std::move(conversation));
  }

 private:
  struct Session {
    std::string id;
    std::optional<int64_t> time_ms;
    std::vector<JsonField> messages;
  };

  /// The field `name`, one element per session; none without it.
  static std::vector<JsonField>
  per_session(const JsonField& value, const char* name, size_t num_sessions) {
    auto list = value.elements_or_none(name);
    if (!list.empty() && list.size() != num_sessions) {
      value.at(name).fail(
          "one element per session, " + std::to_string(num_sessions));
    }
    return list;
  }

  static std::vector<Session> sessions_by_date(const JsonField& value) {
    const auto lists = value.at("haystack_sessions").elements();
    const auto ids = per_session(value, "haystack_session_ids", lists.size());
    const auto dates = per_session(value, "haystack_dates", lists.size());
    std::vector<Session> sessions;
    for (size_t i = 0; i < lists.size(); ++i) {
      Session session;
      session.messages = lists[i].elements();
      if (!ids.empty()) {
        session.id = ids[i].name();
      }
      if (!dates.empty()) {
        session.time_ms = parse_longmemeval_time(dates[i].text());
        if (!session.time_ms) {
          dates[i].fail("a date such as \"2023/05/20 (Sat) 02:21\"");
        }
      }
      sessions.push_back(std::move(session));
    }
    std::stable_sort(
        sessions.begin(), sessions.end(), [](const auto& a, const auto& b) {
          return a.time_ms < b.time_ms;
        });
    return sessions;
  }
};

} // namespace

std::unique_ptr<FormatReader> make_longmemeval_reader(ImportContext& context) {
  return std::make_unique<LongMemEvalReader>(context);
}

} // namespace microfiche::memory
