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

/// Byte-level BPE as a Hugging Face `tokenizer.json` describes it.
///
/// Reads what the DeepSeek and GPT-2 families use: model BPE, pre-tokenizers
/// Split and ByteLevel, decoder ByteLevel, added tokens. Anything else in the
/// file is refused by name, because guessing would give other ids than the
/// model was trained with. Cheap to copy; any number of threads may use one.
///
/// Source: `tokenizers` 0.23 (huggingface/tokenizers), whose ids these are.
class Tokenizer {
 public:
  /// Throws `InputError` naming file and feature when the file is missing,
  /// malformed, contradicts itself, or asks for what is not supported.
  static Tokenizer load(const std::filesystem::path& path);

  /// As `load`, for the content of a tokenizer.json; `where` starts messages.
  static Tokenizer parse(std::string_view json, const std::string& where);

  /// Text to ids; nothing is put before or after. With `added_tokens`, added
  /// tokens that stand in the text (such as `<image>`) become their ids;
  /// without, they are text like any other.
  ///
  /// Throws `InputError` with the byte offset where `text` is not UTF-8.
  std::vector<int64_t> encode(std::string_view text, bool added_tokens = true)
      const;

  /// Ids to text, added and special tokens kept. Bytes that make no UTF-8, as
  /// when a character is cut, become U+FFFD; ids without a token become
  /// nothing.
  std::string decode(std::span<const int64_t> ids) const;

  /// As `decode`, without replacing anything: the bytes as they are.
  std::string decode_bytes(std::span<const int64_t> ids) const;

  /// The bytes that one id stands for; empty for an id without a token.
  std::string_view token_bytes(int64_t id) const;

  /// The id of a token as the file spells it: `<image>`, or `Ġthe` for " the".
  std::optional<int64_t> id_of(std::string_view token) const;

  /// Whether a token has this id.
  bool contains(int64_t id) const;

  /// The largest id plus one, which an embedding must have rows for.
  int64_t size() const;

  /// Whether the id is an added token that the file marks as special.
  bool is_special(int64_t id) const;

  /// SHA-256 of the tokenizer.json, for provenance.
  const std::string& sha256() const;

 private:
  struct Impl;
  explicit Tokenizer(std::shared_ptr<const Impl> impl);

  std::shared_ptr<const Impl> impl_;
};

} // namespace microfiche::tokenizer
