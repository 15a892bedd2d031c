#include "memory/format_reader.h"

namespace microfiche::memory {
namespace {

/// OpenAI's chat format, one conversation per line: {"messages": [{"role":
/// "user", "content": "..."}]}. The content is a text, a list of parts, or null
/// where there are only calls of tools.
class OpenAiReader : public FormatReader {
 public:
  using FormatReader::FormatReader;

  void read(const JsonField& value) override {
    auto conversation = begin_conversation(value, "title", {"id"});
    for (const auto& message : value.at("messages").elements()) {
      read_message(message, conversation);
    }
    hand_over(std::move(conversation));
  }

 private:
  void read_message(
      const JsonField& message,
      ImportedConversation& conversation) const {
    ImportedTurn turn;
    turn.role = read_role(
        message.at("role"),
        {{"developer", Role::kSystem}, {"function", Role::kTool}});
    turn.kind = kind_of(turn.role);
    turn.where = message.where();
    std::vector<std::string> tools;
    if (const auto content = message.find("content")) {
      turn.text = read_content(*content, context_.losses, tools);
    }
    for (const auto& call : message.elements_or_none("tool_calls")) {
      tools.push_back(call.json().dump());
    }
    if (!turn.text.empty() || tools.empty()) {
      ImportedTurn talk = turn;
      add_turn(conversation, std::move(talk));
    }
    for (auto& text : tools) {
      ImportedTurn tool;
      tool.role = Role::kTool;
      tool.kind = Kind::kTool;
      tool.text = std::move(text);
      tool.where = turn.where;
      add_turn(conversation, std::move(tool));
    }
  }
};

} // namespace

std::unique_ptr<FormatReader> make_openai_reader(ImportContext& context) {
  return std::make_unique<OpenAiReader>(context);
}

} // namespace microfiche::memory
