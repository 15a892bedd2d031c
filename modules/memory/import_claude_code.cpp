#include "memory/format_reader.h"

#include <unordered_map>

namespace microfiche::memory {
namespace {

/// The sessions of Claude Code: one event per line. Events of the types `user`
/// and `assistant` have a message; the blocks of one answer come as several
/// events with the same message id. Side chains are the talk of sub-agents.
class ClaudeCodeReader : public FormatReader {
 public:
  using FormatReader::FormatReader;

  void read(const JsonField& event) override {
    const std::string type = event.text_or_empty("type");
    if (type == "summary") {
      summary_ = event.text_or_empty("summary");
      return;
    }
    if (type != "user" && type != "assistant") {
      ++context_.losses.hidden;
      return;
    }
    if (event.is_set("isSidechain")) {
      ++context_.losses.branches;
      return;
    }
    if (event.is_set("isMeta")) {
      ++context_.losses.hidden;
      return;
    }
    read_message(event, event.at("message"), session(event));
  }

  void finish() override {
    for (auto& entry : sessions_) {
      hand_over(std::move(entry.conversation));
    }
  }

 private:
  struct Session {
    ImportedConversation conversation;
    /// The id of the message that gave the last turn.
    std::string message;
  };

  Session& session(const JsonField& event) {
    const std::string id = event.at("sessionId").name();
    const auto [found, is_new] = index_.try_emplace(id, sessions_.size());
    if (is_new) {
      sessions_.emplace_back();
      sessions_.back().conversation.name = id;
      sessions_.back().conversation.title = summary_;
      sessions_.back().conversation.where = event.where();
      summary_.clear();
    }
    return sessions_[found->second];
  }

  void read_message(
      const JsonField& event,
      const JsonField& message,
      Session& session) const {
    ImportedTurn turn;
    turn.role = read_role(message.at("role"));
    turn.kind = kind_of(turn.role);
    turn.time_ms = event.optional_time_ms("timestamp");
    turn.where = event.where();
    std::vector<std::string> tools;
    turn.text = read_content(message.at("content"), context_.losses, tools);
    const std::string id = message.text_or_empty("id");
    auto& list = session.conversation.turns;
    const bool has_talk = !turn.text.empty() || tools.empty();
    if (has_talk && !id.empty() && id == session.message) {
      append_to_last_turn(session.conversation, turn.text);
    } else if (has_talk) {
      const size_t before = list.size();
      ImportedTurn talk = turn;
      add_turn(session.conversation, std::move(talk));
      session.message = list.size() > before ? id : "";
    }
    for (auto& text : tools) {
      ImportedTurn tool = turn;
      tool.role = Role::kTool;
      tool.kind = Kind::kTool;
      tool.text = std::move(text);
      const size_t before = list.size();
      add_turn(session.conversation, std::move(tool));
      session.message = list.size() > before ? "" : session.message;
    }
  }

  std::vector<Session> sessions_;
  std::unordered_map<std::string, size_t> index_;
  /// Of the session that follows.
  std::string summary_;
};

} // namespace

std::unique_ptr<FormatReader> make_claude_code_reader(ImportContext& context) {
  return std::make_unique<ClaudeCodeReader>(context);
}

} // namespace microfiche::memory
