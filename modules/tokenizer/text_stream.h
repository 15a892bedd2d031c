#pragma once

#include "tokenizer/tokenizer.h"

#include <cstdint>
#include <string>

namespace microfiche::tokenizer {

/// Turns ids that come one by one into text, holding back the first bytes of a
/// character until its last has come. What `push` and `finish` return, put
/// together, is `Tokenizer::decode` of all ids.
class TextStream {
 public:
  explicit TextStream(Tokenizer tokenizer);

  /// The text that is complete now and was not returned before; may be empty.
  std::string push(int64_t id);

  /// What is held back, cut characters as U+FFFD. Starts afresh.
  std::string finish();

 private:
  Tokenizer tokenizer_;
  std::string pending_;
};

} // namespace microfiche::tokenizer
