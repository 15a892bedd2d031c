#pragma once

#include "tokenizer/tokenizer_json.h"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace microfiche::tokenizer {

/// Splits text into pieces. Merges do not cross pieces.
class PreTokenizer {
 public:
  virtual ~PreTokenizer() = default;

  /// Appends the pieces of `text`, in UTF-8; together they are the text.
  /// Thread-safe.
  virtual void split(
      std::string_view text,
      std::vector<std::string_view>& pieces) const = 0;
};

/// Splits by regular expressions with ICU. The reference for
/// `make_deepseek_pre_tokenizer`.
///
/// Throws `InputError`, naming `where`, for a pattern that ICU cannot compile.
/// `split` throws it for a pattern that takes too long.
std::unique_ptr<const PreTokenizer> make_regex_pre_tokenizer(
    const std::vector<SplitPattern>& splits,
    const std::string& where);

/// The fastest pre-tokenizer for these patterns: `make_deepseek_pre_tokenizer`
/// for its own, ICU for others.
std::unique_ptr<const PreTokenizer> make_pre_tokenizer(
    const std::vector<SplitPattern>& splits,
    const std::string& where);

} // namespace microfiche::tokenizer
