#include "memory/dataset_question.h"
#include "memory/dataset_time.h"
#include "memory/import.h"
#include "memory/timestamp.h"

#include "core/error.h"
#include "core/utf8.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace {

/// What a store relies on: numbers that rise, and texts that are UTF-8 and not
/// empty.
void check_turns(const microfiche::memory::ImportedConversation& conversation) {
  int64_t last = 0;
  for (const auto& turn : conversation.turns) {
    const bool sound = turn.seq > last && !turn.text.empty() &&
        turn.text.find('\0') == std::string::npos &&
        microfiche::valid_utf8_prefix(turn.text) == turn.text.size();
    if (!sound) {
      std::abort();
    }
    for (const auto& fact : turn.facts) {
      if (fact.kind == microfiche::memory::kQuestionKind &&
          turn.text.find(fact.value) == std::string::npos) {
        std::abort();
      }
    }
    last = turn.seq;
  }
}

} // namespace

/// Reads a file of conversations in the format that its first value shows, or,
/// if the last byte is below 10, in that format.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using microfiche::memory::Format;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const bool named = size > 0 && data[size - 1] < 10;
  microfiche::memory::parse_time(bytes.substr(0, 40));
  microfiche::memory::parse_longmemeval_time(bytes.substr(0, 40));
  microfiche::memory::parse_locomo_time(bytes.substr(0, 40));
  microfiche::memory::ImportContext context;
  context.keep_tools = size % 2 == 0;
  context.sink = check_turns;
  try {
    microfiche::memory::read_conversations(
        bytes.substr(0, size - (named ? 1 : 0)),
        "fuzz",
        named ? static_cast<Format>(data[size - 1]) : Format::kAuto,
        context);
  } catch (const microfiche::Error&) {
  }
  return 0;
}
