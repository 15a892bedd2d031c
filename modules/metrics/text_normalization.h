#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace microfiche::metrics {

/// How texts are normalised before they are compared.
enum class Normalization {
  /// No change, as in Fox's script.
  kRaw,

  /// Unicode NFKC; each run of white space becomes one space; trimmed. For
  /// pages where the line breaks come from the layout.
  kNfkcWhitespace,

  /// Full-width forms become half-width. Tabs, newlines and the two-character
  /// sequences "/t" and "/n" are removed, then everything except letters,
  /// digits, underscores and U+4E00-9FFF.
  ///
  /// Source: OmniDocBench, `clean_string` after its full-width conversion,
  /// without its conversion of inline formulas to Unicode.
  kOmniDoc,
};

/// `raw`, `nfkc-ws` or `omnidoc`.
std::string name_of(Normalization how);

/// The normalisation of that name. Throws `UsageError` with the known names.
Normalization find_normalization(const std::string& name);

/// Applies a normalisation.
std::u32string normalize(std::u32string_view text, Normalization how);

/// Each run of white space as one space, none at the ends.
std::u32string collapse_spaces(std::u32string_view text);

/// Lower case by Unicode's full mappings, as Python's `str.lower()`.
std::u32string lower_case(std::u32string_view text);

} // namespace microfiche::metrics
