#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace microfiche::metrics {

/// What is made equal before two texts are compared.
enum class Normalization {
  /// Nothing. What Fox's script does.
  kRaw,

  /// Unicode NFKC; each run of white space becomes one space; trimmed. For
  /// pages whose lines were broken by a layout.
  kNfkcWhitespace,

  /// Full-width forms become half-width; tabs, newlines and the two-character
  /// sequences "/t" and "/n" go; then only letters, digits, underscores and
  /// U+4E00-9FFF stay, so spaces and punctuation do not count.
  ///
  /// Source: OmniDocBench, `clean_string` after its full-width conversion. Its
  /// conversion of inline formulas to Unicode is not done.
  kOmniDoc,
};

/// `raw`, `nfkc-ws` or `omnidoc`.
std::string name_of(Normalization how);

/// The normalisation of that name. Throws `UsageError` with the names there
/// are.
Normalization find_normalization(const std::string& name);

/// Applies a normalisation.
std::u32string normalize(std::u32string_view text, Normalization how);

/// Each run of white space as one space, none at the ends.
std::u32string collapse_spaces(std::u32string_view text);

/// Lower case by Unicode's full mappings, as Python's `str.lower()`.
std::u32string lower_case(std::u32string_view text);

} // namespace microfiche::metrics
