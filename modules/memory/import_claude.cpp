#include "memory/format_reader.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

namespace microfiche::memory {
namespace {

/// The export of Claude, conversations.json: a list of conversations, each with
/// `chat_messages` in the order of time. Newer exports name the parent of each
/// message; then the branch of the last message is kept.
class ClaudeReader : public FormatReader {
 public:
  using FormatReader::FormatReader;

  void read(const JsonField& value) override {
    auto conversation = begin_conversation(value, "name", {"uuid"});
    for (const auto& message : last_branch(value.at("chat_messages"))) {
      read_message(message, conversation);
    }
    hand_over(std::move(conversation));
  }

 private:
  std::vector<JsonField> last_branch(const JsonField& list) const {
    auto messages = list.elements();
    std::unordered_map<std::string, size_t> index;
    std::unordered_map<std::string, int64_t> children;
    for (size_t i = 0; i < messages.size(); ++i) {
      const auto parent = messages[i].text_or_empty("parent_message_uuid");
      const auto id = messages[i].text_or_empty("uuid");
      if (parent.empty() || id.empty()) {
        return messages;
      }
      index[id] = i;
      context_.losses.branches += ++children[parent] > 1 ? 1 : 0;
    }
    std::vector<JsonField> branch;
    // A parent stands before its children, which also excludes circles.
    for (size_t at = messages.size(); at-- > 0;) {
      branch.push_back(messages[at]);
      const auto found =
          index.find(messages[at].text_or_empty("parent_message_uuid"));
      if (found == index.end() || found->second >= at) {
        break;
      }
      at = found->second + 1;
    }
    std::reverse(branch.begin(), branch.end());
    return branch;
  }

  void read_message(
      const JsonField& message,
      ImportedConversation& conversation) const {
    ImportedTurn turn;
    turn.role = read_role(message.at("sender"), {{"human", Role::kUser}});
    turn.kind = kind_of(turn.role);
    turn.time_ms = message.optional_time_ms("created_at");
    turn.where = message.where();
    context_.losses.files +=
        static_cast<int64_t>(message.elements_or_none("attachments").size());
    context_.losses.images +=
        static_cast<int64_t>(message.elements_or_none("files").size());
    std::vector<std::string> tools;
    if (const auto content = message.find("content")) {
      turn.text = read_content(*content, context_.losses, tools);
    }
    // Either may be empty.
    if (turn.text.empty()) {
      turn.text = message.text_or_empty("text");
    }
    for (auto& text : tools) {
      ImportedTurn tool = turn;
      tool.role = Role::kTool;
      tool.kind = Kind::kTool;
      tool.text = std::move(text);
      add_turn(conversation, std::move(tool));
    }
    if (!turn.text.empty() || tools.empty()) {
      add_turn(conversation, std::move(turn));
    }
  }
};

} // namespace

std::unique_ptr<FormatReader> make_claude_reader(ImportContext& context) {
  return std::make_unique<ClaudeReader>(context);
}

} // namespace microfiche::memory
