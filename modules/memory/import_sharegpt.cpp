#include "memory/format_reader.h"

namespace microfiche::memory {
namespace {

/// ShareGPT: `conversations` of {"from": "human", "value": "..."}, without
/// times.
class ShareGptReader : public FormatReader {
 public:
  using FormatReader::FormatReader;

  void read(const JsonField& value) override {
    auto conversation = begin_conversation(value, "title", {"id"});
    for (const char* name : {"image", "images"}) {
      if (const auto images = value.find(name)) {
        context_.losses.images += images->json().is_array()
            ? static_cast<int64_t>(images->json().size())
            : 1;
      }
    }
    for (const auto& message : value.at("conversations").elements()) {
      ImportedTurn turn;
      turn.role = read_role(
          message.at("from"),
          {{"human", Role::kUser},
           {"gpt", Role::kAssistant},
           {"chatgpt", Role::kAssistant},
           {"bing", Role::kAssistant},
           {"bard", Role::kAssistant},
           {"function_call", Role::kTool},
           {"observation", Role::kTool}});
      turn.kind = kind_of(turn.role);
      turn.text = message.at("value").text();
      turn.where = message.where();
      add_turn(conversation, std::move(turn));
    }
    hand_over(std::move(conversation));
  }
};

} // namespace

std::unique_ptr<FormatReader> make_sharegpt_reader(ImportContext& context) {
  return std::make_unique<ShareGptReader>(context);
}

} // namespace microfiche::memory
