#include "data/conversation.h"

#include "core/error.h"
#include "core/files.h"
#include "core/json.h"
#include "data/grounding_objects.h"

#include <algorithm>
#include <array>

namespace microfiche::data {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kImage = "<image>";

struct Message {
  std::string role;
  std::string text;
};

/// The string in a field of an object.
std::string
text_of(const Json& object, const char* field, const std::string& where) {
  check(
      object.is_object(),
      where,
      ": expected an object, got ",
      json_excerpt(object));
  const auto found = object.find(field);
  check(
      found != object.end() && found->is_string(),
      where,
      ": expected a string in \"",
      field,
      "\", got ",
      found == object.end() ? "none" : json_excerpt(*found));
  return found->get<std::string>();
}

/// Adds the paths that a field of an object names, one or a list.
void add_images(
    const Json& object,
    const char* field,
    const std::string& where,
    std::vector<std::string>& images) {
  const auto found = object.find(field);
  if (found == object.end() || found->is_null()) {
    return;
  }
  const Json list = found->is_array() ? *found : Json::array({*found});
  for (const Json& image : list) {
    check(
        image.is_string(),
        where,
        ": ",
        field,
        ": expected the path of an image, got ",
        json_excerpt(image));
    const auto path = image.get<std::string>();
    check(
        !path.starts_with("data:"),
        where,
        ": ",
        field,
        ": expected the path of an image file, got the image itself, ",
        json_excerpt(image),
        "; save it to a file");
    images.push_back(path);
  }
}

size_t count_images(std::string_view text) {
  size_t count = 0;
  for (size_t at = text.find(kImage); at != std::string_view::npos;
       at = text.find(kImage, at + kImage.size())) {
    ++count;
  }
  return count;
}

bool is_one_of(
    const std::string& role,
    const std::array<std::string_view, 3>& names) {
  return std::find(names.begin(), names.end(), role) != names.end();
}

/// The question and the answer; more messages are refused.
Conversation make_conversation(
    const std::vector<Message>& messages,
    const std::string& where) {
  check(
      messages.size() == 2 &&
          is_one_of(messages[0].role, {"user", "human", "<|User|>"}) &&
          is_one_of(messages[1].role, {"assistant", "gpt", "<|Assistant|>"}),
      where,
      ": expected one question and one answer, because the model's prompt has "
      "no more turns, got ",
      messages.size(),
      " messages",
      messages.empty() ? ""
                       : " that begin with role \"" + messages[0].role + "\"");
  check(
      count_images(messages[1].text) == 0,
      where,
      ": <image> in the answer; only a question can have it");
  Conversation conversation;
  conversation.prompt = messages[0].text;
  conversation.answer = messages[1].text;
  return conversation;
}

Conversation
parse_row(const Json& row, const std::string& where, const fs::path& folder) {
  check(
      row.is_object(), where, ": expected an object, got ", json_excerpt(row));
  const bool llava = row.contains("conversations");
  check(
      llava || row.contains("messages"),
      where,
      ": expected \"messages\" (ms-swift, Unsloth) or \"conversations\" "
      "(LLaVA), got an object without either");
  const Json& list = row[llava ? "conversations" : "messages"];
  check(list.is_array(), where, ": expected a list of messages");

  std::vector<Message> messages;
  std::vector<std::string> images;
  add_images(row, "image", where, images);
  add_images(row, "images", where, images);
  for (const Json& message : list) {
    messages.push_back(
        {text_of(message, llava ? "from" : "role", where),
         text_of(message, llava ? "value" : "content", where)});
    add_images(message, "images", where, images);
  }
  auto conversation = make_conversation(messages, where);
  conversation.where = where;
  conversation.layout = llava              ? "LLaVA"
      : messages[0].role.starts_with("<|") ? "Unsloth"
                                           : "ms-swift";

  const size_t num_placeholders = count_images(conversation.prompt);
  check(
      images.size() <= 1 && num_placeholders == images.size(),
      where,
      ": expected one image and one <image> in the question, or neither, got ",
      images.size(),
      " and ",
      num_placeholders);
  if (!images.empty()) {
    conversation.image = folder / images[0];
    check(
        fs::is_regular_file(conversation.image),
        where,
        ": there is no image ",
        conversation.image.string());
  }
  GroundingObjects objects(
      row.value("objects", Json()), conversation.image, where);
  conversation.prompt = objects.fill(conversation.prompt);
  conversation.answer = objects.fill(conversation.answer);
  objects.finish();
  return conversation;
}

} // namespace

std::vector<Conversation> read_conversations(
    const fs::path& file,
    const fs::path& images) {
  const fs::path folder = images.empty() ? file.parent_path() : images;
  std::vector<Conversation> conversations;
  if (file.extension() == ".json") {
    const Json list = read_json_file(file);
    check(
        list.is_array(),
        file.string(),
        ": expected a list of conversations; a file with one per line must be "
        "called .jsonl");
    for (size_t i = 0; i < list.size(); ++i) {
      conversations.push_back(
          parse_row(list[i], concat(file.string(), "[", i, "]"), folder));
    }
  } else {
    for_each_line(file, [&](std::string_view line, const std::string& where) {
      conversations.push_back(
          parse_row(parse_json(line, where), where, folder));
    });
  }
  check(!conversations.empty(), file.string(), ": no conversation in it");
  return conversations;
}

} // namespace microfiche::data
