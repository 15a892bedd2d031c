#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace microfiche::tokenizer {

/// A token that is found in the text before the text is split.
struct AddedToken {
  int64_t id = 0;
  std::string content;
  bool special = false;
  /// Found after the tokens that are not normalized, in the rest of the text.
  bool normalized = false;
};

/// Splits text at every match; the pieces are the matches and the text between.
struct SplitPattern {
  std::string pattern;
  /// The pattern is the text itself, not a regular expression.
  bool literal = false;
};

/// The content of a supported tokenizer.json.
struct TokenizerDefinition {
  /// Token in the byte-level alphabet, and its id.
  std::vector<std::pair<std::string, int64_t>> vocabulary;
  /// Pairs of tokens in order of rank.
  std::vector<std::pair<std::string, std::string>> merges;
  /// A piece that equals a token becomes that token without merging.
  bool ignore_merges = false;
  /// Each is applied to the pieces of the one before.
  std::vector<SplitPattern> splits;
  std::vector<AddedToken> added_tokens;
};

/// Reads the content of a Hugging Face tokenizer.json.
///
/// Supported: model BPE without dropout and byte_fallback, merges as "a b" or
/// ["a", "b"]; pre-tokenizers Split (Regex or String, Isolated, not inverted)
/// and a last ByteLevel without prefix space, alone or in a Sequence; decoder
/// ByteLevel; no normalizer; added tokens without lstrip, rstrip and
/// single_word. Ignored, because they do not change ids without special tokens:
/// truncation, padding, post-processors ByteLevel and TemplateProcessing.
///
/// Throws `InputError`, naming `where` and the feature, for anything else.
TokenizerDefinition parse_tokenizer_json(
    std::string_view text,
    const std::string& where);

} // namespace microfiche::tokenizer
