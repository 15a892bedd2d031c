#pragma once

#include "tokenizer/tokenizer_json.h"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace microfiche::tokenizer {

/// Cuts text into the pieces that merges may not cross.
class PreTokenizer {
 public:
  virtual ~PreTokenizer() = default;

  /// Appends the pieces of `text`, which must be UTF-8; put together they are
  /// the text. Any number of threads may call.
  virtual void split(
      std::string_view text,
      std::vector<std::string_view>& pieces) const = 0;
};

/// Splits by any regular expressions, with ICU's. The reference for the faster
/// one below.
///
/// Throws `InputError` naming `where` for a pattern that ICU cannot compile,
/// and later for one that takes too long on a text.
std::unique_ptr<const PreTokenizer> make_regex_pre_tokenizer(
    const std::vector<SplitPattern>& splits,
    const std::string& where);

/// The fastest pre-tokenizer for these patterns: a scanner of our own for those
/// of DeepSeek-V3 and DeepSeek-OCR, ICU for any other.
std::unique_ptr<const PreTokenizer> make_pre_tokenizer(
    const std::vector<SplitPattern>& splits,
    const std::string& where);

} // namespace microfiche::tokenizer
