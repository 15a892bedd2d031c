#include "core/error.h"
#include "memory/format_reader.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

namespace microfiche::memory {
namespace {

/// The export of ChatGPT, conversations.json: a list of conversations, each a
/// tree of messages in `mapping`. The path from the root to `current_node` is
/// what the user last saw.
class ChatGptReader : public FormatReader {
 public:
  using FormatReader::FormatReader;

  void read(const JsonField& value) override {
    auto conversation =
        begin_conversation(value, "title", {"conversation_id", "id"});
    for (const auto& node : path(value)) {
      if (const auto message = node.find("message")) {
        read_message(*message, conversation);
      }
    }
    hand_over(std::move(conversation));
  }

 private:
  using Nodes = std::unordered_map<std::string_view, const Json*>;

  /// The nodes from the root to the current one.
  std::vector<JsonField> path(const JsonField& value) const {
    const JsonField mapping = value.at("mapping");
    if (!mapping.json().is_object()) {
      mapping.fail("an object");
    }
    Nodes nodes;
    for (const auto& [id, node] : mapping.json().items()) {
      nodes.emplace(id, &node);
    }
    const auto field_of = [&](std::string_view id) {
      const auto found = nodes.find(id);
      check(
          found != nodes.end(),
          mapping.where(),
          ": no node \"",
          id,
          "\", which another one names");
      return JsonField(*found->second, concat(mapping.where(), ".", id));
    };
    count_branches(mapping, nodes);
    std::vector<JsonField> path;
    std::unordered_set<std::string> seen;
    for (std::string id = current_node(value, mapping, field_of);
         !id.empty();) {
      check(
          seen.insert(id).second,
          mapping.where(),
          ": node \"",
          id,
          "\" is its own ancestor");
      path.push_back(field_of(id));
      id = path.back().text_or_empty("parent");
    }
    std::reverse(path.begin(), path.end());
    return path;
  }

  void count_branches(const JsonField& mapping, const Nodes& nodes) const {
    for (const auto& [id, node] : nodes) {
      const JsonField field(*node, concat(mapping.where(), ".", id));
      const auto children = field.elements_or_none("children").size();
      context_.losses.branches +=
          children > 1 ? static_cast<int64_t>(children) - 1 : 0;
    }
  }

  /// Without `current_node`, the newest leaf: from the root always the last
  /// child.
  template <typename FieldOf>
  static std::string current_node(
      const JsonField& value,
      const JsonField& mapping,
      const FieldOf& field_of) {
    if (const auto current = value.find("current_node")) {
      return current->text();
    }
    std::string id;
    for (const auto& [name, node] : mapping.json().items()) {
      if (node.is_object() && node.value("parent", Json()).is_null()) {
        id = name;
        break;
      }
    }
    for (size_t step = 0; !id.empty() && step < mapping.json().size(); ++step) {
      const auto children = field_of(id).elements_or_none("children");
      if (children.empty()) {
        break;
      }
      id = children.back().text();
    }
    return id;
  }

  void read_message(
      const JsonField& message,
      ImportedConversation& conversation) const {
    const JsonField author = message.at("author");
    ImportedTurn turn;
    turn.role = read_role(author.at("role"));
    turn.kind = kind_of(turn.role);
    turn.time_ms = message.optional_time_ms("create_time");
    turn.where = message.where();
    const auto content = message.find("content");
    const auto metadata = message.find("metadata");
    const auto weight = message.find("weight");
    const bool hidden = (weight && weight->number() == 0) ||
        (metadata &&
         metadata->is_set("is_visually_hidden_from_conversation")) ||
        !content;
    const std::string type =
        content ? content->text_or_empty("content_type") : "";
    if (hidden || type == "user_editable_context" ||
        type == "model_editable_context" || type == "thoughts" ||
        type == "reasoning_recap") {
      ++context_.losses.hidden;
      return;
    }
    // A message to a tool, not to all.
    const std::string recipient = message.text_or_empty("recipient");
    if (turn.role == Role::kAssistant && !recipient.empty() &&
        recipient != "all") {
      turn.kind = Kind::kTool;
    }
    count_attachments(metadata);
    turn.text = text_of(*content);
    add_turn(conversation, std::move(turn));
  }

  /// Pictures in `parts` are counted there.
  void count_attachments(const std::optional<JsonField>& metadata) const {
    if (!metadata) {
      return;
    }
    for (const auto& attachment : metadata->elements_or_none("attachments")) {
      const auto mime = attachment.text_or_empty("mime_type") +
          attachment.text_or_empty("mimeType");
      context_.losses.files += mime.starts_with("image/") ? 0 : 1;
    }
  }

  std::string text_of(const JsonField& content) const {
    if (const auto text = content.find("text")) {
      return text->text(); // code, execution_output, tether_quote
    }
    std::string text;
    for (const auto& part : content.elements_or_none("parts")) {
      if (part.json().is_object()) {
        const auto transcript = part.find("text");
        context_.losses.images += transcript ? 0 : 1;
        text += transcript ? transcript->text() : "";
      } else if (!part.json().is_null()) {
        text += (text.empty() ? "" : "\n") + part.text();
      }
    }
    return text;
  }
};

} // namespace

std::unique_ptr<FormatReader> make_chatgpt_reader(ImportContext& context) {
  return std::make_unique<ChatGptReader>(context);
}

} // namespace microfiche::memory
