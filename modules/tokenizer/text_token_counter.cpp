#include "tokenizer/text_token_counter.h"

#include "core/error.h"

#include <cstdlib>
#include <filesystem>

namespace microfiche::tokenizer {
namespace {

namespace fs = std::filesystem;

fs::path find_file() {
  if (const char* chosen = std::getenv("MICROFICHE_TEXT_TOKENIZER")) {
    return chosen;
  }
  // From scripts/setup, and from `install`.
  for (const fs::path path :
       {MICROFICHE_TEXT_TOKENIZER_BUILT, MICROFICHE_TEXT_TOKENIZER_INSTALLED}) {
    if (fs::exists(path)) {
      return path;
    }
  }
  throw InputError(
      MICROFICHE_TEXT_TOKENIZER_BUILT
      ": the tokenizer that counts text tokens is missing; make it with "
      "tools/make_deepseek_tokenizer, or set MICROFICHE_TEXT_TOKENIZER to the "
      "path of another one");
}

} // namespace

const Tokenizer& find_text_token_counter() {
  static const Tokenizer tokenizer = Tokenizer::load(find_file());
  return tokenizer;
}

int64_t count_text_tokens(std::string_view text) {
  return static_cast<int64_t>(
      find_text_token_counter().encode(text, /*added_tokens=*/false).size());
}

} // namespace microfiche::tokenizer
