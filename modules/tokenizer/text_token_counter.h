#pragma once

#include "tokenizer/tokenizer.h"

#include <cstdint>
#include <string_view>

namespace microfiche::tokenizer {

/// DeepSeek-OCR's tokenizer. It counts the text tokens of every compression
/// ratio, also for models with another vocabulary. Loaded once, at the first
/// call; thread-safe.
///
/// The environment variable MICROFICHE_TEXT_TOKENIZER may name a
/// tokenizer.json; the default is the file that `scripts/setup` makes. If it is
/// missing, throws `InputError` with the command that makes it.
const Tokenizer& find_text_token_counter();

/// Counts tokens with `find_text_token_counter()`. The names of added tokens
/// are ordinary text.
int64_t count_text_tokens(std::string_view text);

} // namespace microfiche::tokenizer
