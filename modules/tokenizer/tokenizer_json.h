#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace microfiche::tokenizer {

/// A token that is looked for in the text before it is split.
struct AddedToken {
  int64_t id = 0;
  std::string content;
  /// Marked as special: decoders that skip special tokens skip it.
  bool special = false;
  /// Looked for after the tokens that are not, in the text that these leave.
  bool normalized = false;
};

/// Cuts text at every match; the matches and what lies between are the pieces.
struct SplitPattern {
  std::string pattern;
  /// The pattern is the text itself, not a regular expression.
  bool literal = false;
};

/// What a tokenizer.json says, once it is known to say nothing else.
struct TokenizerDefinition {
  /// Token as the file spells it, in the byte-level alphabet, and its id.
  std::vector<std::pair<std::string, int64_t>> vocabulary;
  /// Pairs of tokens in order of rank, the first merged first.
  std::vector<std::pair<std::string, std::string>> merges;
  /// A piece that is a token as it stands becomes that token without merging.
  bool ignore_merges = false;
  /// Applied one after the other, each to the pieces that the last one left.
  std::vector<SplitPattern> splits;
  std::vector<AddedToken> added_tokens;
};

/// Reads the content of a Hugging Face tokenizer.json.
///
/// Supported: model BPE without dropout and byte_fallback, merges as "a b" or
/// ["a", "b"]; pre-tokenizers Split (Regex or String, Isolated, not inverted)
/// and a last ByteLevel without prefix space, alone or in a Sequence; decoder
/// ByteLevel; no normalizer, truncation or padding; added tokens without
/// lstrip, rstrip and single_word. Post-processors ByteLevel and
/// TemplateProcessing are accepted, as they add nothing to ids encoded without
/// special tokens.
///
/// Throws `InputError` naming `where` and the feature for anything else.
TokenizerDefinition parse_tokenizer_json(
    std::string_view text,
    const std::string& where);

} // namespace microfiche::tokenizer
