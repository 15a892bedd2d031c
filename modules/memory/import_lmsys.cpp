#include "memory/format_reader.h"

namespace microfiche::memory {
namespace {

/// Rows of LMSYS-Chat-1M as JSON lines: `conversation_id`, and `conversation`
/// with {"role": "user", "content": "..."}, without times.
class LmsysReader : public FormatReader {
 public:
  using FormatReader::FormatReader;

  void read(const JsonField& value) override {
    ImportedConversation conversation;
    conversation.where = value.where();
    conversation.name = value.at("conversation_id").name();
    for (const auto& message : value.at("conversation").elements()) {
      ImportedTurn turn;
      turn.role = read_role(message.at("role"));
      turn.kind = kind_of(turn.role);
      turn.text = message.at("content").text();
      turn.where = message.where();
      add_turn(conversation, std::move(turn));
    }
    hand_over(std::move(conversation));
  }
};

} // namespace

std::unique_ptr<FormatReader> make_lmsys_reader(ImportContext& context) {
  return std::make_unique<LmsysReader>(context);
}

} // namespace microfiche::memory
