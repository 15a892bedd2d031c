#include "tokenizer/tokenizer.h"

#include "core/error.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

/// Reads a tokenizer, and where it is one, encodes its own file and decodes it.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try {
    const auto tokenizer =
        microfiche::tokenizer::Tokenizer::parse(text, "fuzz.json");
    tokenizer.decode(tokenizer.encode(text));
  } catch (const microfiche::Error&) {
  }
  return 0;
}
