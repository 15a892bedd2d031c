#include "memory/format_reader.h"

#include <utility>

namespace microfiche::memory {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n\v\f") == std::string_view::npos;
}

/// Replaces U+0000, which no page can show, and counts it.
void replace_zeros(std::string& text, int64_t& count) {
  for (size_t at = text.find('\0'); at != std::string::npos;
       at = text.find('\0', at + kReplacement.size())) {
    text.replace(at, 1, kReplacement);
    ++count;
  }
}

void append_text(std::string& text, std::string_view part) {
  if (!text.empty() && !part.empty()) {
    text += "\n\n";
  }
  text += part;
}

/// The text of a tool's result, which is a text or a list of parts.
std::string result_text(const JsonField& part, ImportLosses& losses) {
  const auto content = part.find("content");
  if (!content ||
      !(content->json().is_string() || content->json().is_array())) {
    return "";
  }
  std::vector<std::string> nested;
  return read_content(*content, losses, nested);
}

} // namespace

ImportedConversation FormatReader::begin_conversation(
    const JsonField& value,
    const char* title,
    std::initializer_list<const char*> ids) {
  ImportedConversation conversation;
  conversation.where = value.where();
  conversation.title = value.text_or_empty(title);
  for (const char* name : ids) {
    if (const auto id = value.find(name); id && conversation.name.empty()) {
      conversation.name = id->name();
    }
  }
  return conversation;
}

void FormatReader::add_turn(
    ImportedConversation& conversation,
    ImportedTurn turn) const {
  if (turn.kind == Kind::kTool && !context_.keep_tools) {
    ++context_.losses.tools;
    return;
  }
  if (is_blank(turn.text)) {
    ++context_.losses.empty;
    return;
  }
  replace_zeros(turn.text, context_.losses.replaced_characters);
  turn.trust = Trust::kImported;
  if (turn.seq == 0) {
    turn.seq =
        conversation.turns.empty() ? 1 : conversation.turns.back().seq + 1;
  }
  conversation.turns.push_back(std::move(turn));
}

void FormatReader::append_to_last_turn(
    ImportedConversation& conversation,
    std::string text) const {
  if (is_blank(text)) {
    ++context_.losses.empty;
    return;
  }
  replace_zeros(text, context_.losses.replaced_characters);
  append_text(conversation.turns.back().text, text);
}

void FormatReader::hand_over(ImportedConversation conversation) const {
  if (!conversation.turns.empty()) {
    replace_zeros(conversation.name, context_.losses.replaced_characters);
    replace_zeros(conversation.title, context_.losses.replaced_characters);
    for (auto& turn : conversation.turns) {
      for (auto& fact : turn.facts) {
        replace_zeros(fact.key, context_.losses.replaced_characters);
        replace_zeros(fact.value, context_.losses.replaced_characters);
        replace_zeros(fact.kind, context_.losses.replaced_characters);
      }
    }
    context_.sink(std::move(conversation));
  }
}

Role read_role(const JsonField& field, std::initializer_list<RoleName> names) {
  const std::string& text = field.text();
  for (const auto& known : names) {
    if (known.name == text) {
      return known.role;
    }
  }
  const auto role = find_role(text);
  if (!role) {
    std::string list;
    for (const auto& known : names) {
      list += std::string(known.name) + ", ";
    }
    field.fail("one of the roles " + list + "user, assistant, system and tool");
  }
  return *role;
}

std::string read_content(
    const JsonField& content,
    ImportLosses& losses,
    std::vector<std::string>& tools) {
  if (content.json().is_string()) {
    return content.text();
  }
  if (!content.json().is_array()) {
    content.fail("a text or a list of parts");
  }
  std::string text;
  for (const auto& part : content.elements()) {
    if (part.json().is_string()) {
      append_text(text, part.text());
      continue;
    }
    const std::string type = part.text_or_empty("type");
    if (type == "text" || type == "input_text" || type == "output_text") {
      append_text(text, part.at("text").text());
    } else if (type == "tool_use" || type == "server_tool_use") {
      tools.push_back(
          part.text_or_empty("name") + " " +
          (part.find("input") ? part.find("input")->json().dump() : "{}"));
    } else if (type == "tool_result" || type.ends_with("_tool_result")) {
      tools.push_back(result_text(part, losses));
    } else if (
        type == "thinking" || type == "redacted_thinking" ||
        type == "reasoning") {
      ++losses.hidden;
    } else if (type == "file" || type == "document" || type == "input_file") {
      ++losses.files;
    } else {
      // image, image_url, input_image, input_audio, and whatever comes next.
      ++losses.images;
    }
  }
  return text;
}

} // namespace microfiche::memory
