#pragma once

#include "tokenizer/tokenizer.h"

#include <cstdint>
#include <string_view>

namespace microfiche::tokenizer {

/// DeepSeek-OCR's tokenizer, which counts the text tokens of every compression
/// ratio whatever the model's own vocabulary. Loaded at the first call, once a
/// process; any thread may call.
///
/// Looks where the environment variable MICROFICHE_TEXT_TOKENIZER says, a
/// tokenizer.json; without it, where `scripts/setup` puts the file. Throws
/// `InputError` naming the command that makes it when it is not there.
const Tokenizer& find_text_token_counter();

/// Text tokens of `text` by `find_text_token_counter()`. Names of added tokens
/// in the text are text like any other.
int64_t count_text_tokens(std::string_view text);

} // namespace microfiche::tokenizer
