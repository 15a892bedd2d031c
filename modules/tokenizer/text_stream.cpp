#include "tokenizer/text_stream.h"

#include "core/utf8.h"

#include <utility>

namespace microfiche::tokenizer {

TextStream::TextStream(Tokenizer tokenizer)
    : tokenizer_(std::move(tokenizer)) {}

std::string TextStream::push(int64_t id) {
  pending_ += tokenizer_.token_bytes(id);
  const size_t complete = pending_.size() - incomplete_utf8_suffix(pending_);
  std::string text =
      replace_invalid_utf8(std::string_view(pending_).substr(0, complete));
  pending_.erase(0, complete);
  return text;
}

std::string TextStream::finish() {
  return replace_invalid_utf8(std::exchange(pending_, {}));
}

} // namespace microfiche::tokenizer
