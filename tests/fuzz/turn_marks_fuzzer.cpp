#include "memory/turn_text.h"

#include "core/utf8.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

/// Takes the marks of turns out of a text; a second time must find none.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace microfiche::memory;
  const std::string text = microfiche::replace_invalid_utf8(
      std::string_view(reinterpret_cast<const char*>(data), size));
  const auto clean = without_turn_marks(text);
  const bool sound = clean.size() == text.size() &&
      without_turn_marks(clean) == clean && inked_size(text) <= text.size() &&
      next_ink(text, 0) <= text.size();
  if (!sound) {
    std::abort();
  }
  return 0;
}
