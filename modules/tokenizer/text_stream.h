#pragma once

#include "tokenizer/tokenizer.h"

#include <cstdint>
#include <string>

namespace microfiche::tokenizer {

/// Decodes ids one by one, and keeps the bytes of an incomplete character back.
/// The texts of all `push` and of `finish` together are `Tokenizer::decode` of
/// all ids.
class TextStream {
 public:
  explicit TextStream(Tokenizer tokenizer);

  /// The new complete text; may be empty.
  std::string push(int64_t id);

  /// The bytes that were kept back, as U+FFFD. Starts a new text.
  std::string finish();

 private:
  Tokenizer tokenizer_;
  std::string pending_;
};

} // namespace microfiche::tokenizer
