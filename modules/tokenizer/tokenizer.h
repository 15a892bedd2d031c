#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace microfiche::tokenizer {

/// Byte-level BPE from a Hugging Face `tokenizer.json`.
///
/// Supports the features of the DeepSeek and GPT-2 families: model BPE,
/// pre-tokenizers Split and ByteLevel, decoder ByteLevel, added tokens. Refuses
/// other features by name, because ignoring them would give other ids. Cheap to
/// copy; thread-safe.
///
/// The ids equal those of `tokenizers` 0.23 (huggingface/tokenizers).
class Tokenizer {
 public:
  /// Throws `InputError`, naming the file and the field, when the file is
  /// missing, malformed, inconsistent or uses an unsupported feature.
  static Tokenizer load(const std::filesystem::path& path);

  /// As `load`, for the content of a tokenizer.json; `where` starts messages.
  static Tokenizer parse(std::string_view json, const std::string& where);

  /// Text to ids, without special tokens at begin and end. With `added_tokens`,
  /// added tokens in the text, such as `<image>`, become their ids; without,
  /// they are ordinary text.
  ///
  /// Throws `InputError`, with the byte offset, if `text` is not UTF-8.
  std::vector<int64_t> encode(std::string_view text, bool added_tokens = true)
      const;

  /// Ids to text, with added and special tokens. Invalid UTF-8, e.g. half a
  /// character, becomes U+FFFD; ids without a token are skipped.
  std::string decode(std::span<const int64_t> ids) const;

  /// As `decode`, but invalid UTF-8 stays.
  std::string decode_bytes(std::span<const int64_t> ids) const;

  /// The bytes of one id; empty for an id without a token.
  std::string_view token_bytes(int64_t id) const;

  /// The id of a token as spelled in the file: `<image>`, or `Ġthe` for " the".
  std::optional<int64_t> id_of(std::string_view token) const;

  /// Whether a token has this id.
  bool contains(int64_t id) const;

  /// The largest id plus one: the rows that an embedding needs.
  int64_t size() const;

  /// Whether the id is a special added token.
  bool is_special(int64_t id) const;

  /// SHA-256 of the tokenizer.json, for provenance.
  const std::string& sha256() const;

 private:
  struct Impl;
  explicit Tokenizer(std::shared_ptr<const Impl> impl);

  std::shared_ptr<const Impl> impl_;
};

} // namespace microfiche::tokenizer
