#include "tokenizer/tokenizer.h"

#include "core/crypto.h"
#include "core/error.h"
#include "core/files.h"
#include "core/json.h"
#include "core/utf8.h"
#include "tokenizer/added_token_finder.h"
#include "tokenizer/byte_alphabet.h"
#include "tokenizer/byte_pair_encoder.h"
#include "tokenizer/pre_tokenizer.h"
#include "tokenizer/tokenizer_json.h"

#include <algorithm>
#include <array>
#include <unordered_map>
#include <utility>

namespace microfiche::tokenizer {

struct Tokenizer::Impl {
  /// The token of one id; empty for unused ids.
  struct Token {
    std::string spelling;
    std::string bytes;
    bool special = false;
  };

  Impl(TokenizerDefinition definition, const std::string& where);

  void add_vocabulary(
      TokenizerDefinition& definition,
      const std::string& where);
  void add_added_tokens(
      const TokenizerDefinition& definition,
      const std::string& where);
  void add_merges(
      const TokenizerDefinition& definition,
      const std::string& where);

  void encode_ordinary(std::string_view text, std::vector<int64_t>& ids) const;
  void encode_added(
      std::string_view text,
      size_t finder,
      std::vector<int64_t>& ids) const;

  /// Null for an id without a token.
  const Token* find(int64_t id) const {
    const bool known = id >= 0 && id < static_cast<int64_t>(tokens.size()) &&
        !tokens[static_cast<size_t>(id)].spelling.empty();
    return known ? &tokens[static_cast<size_t>(id)] : nullptr;
  }

  std::vector<Token> tokens;
  // Keys point into the spellings of `tokens`, which never change.
  std::unordered_map<std::string_view, int64_t> id_of;
  // Applied in order; see `AddedToken::normalized`.
  std::array<AddedTokenFinder, 2> finders;
  std::unique_ptr<const PreTokenizer> pre_tokenizer;
  std::unique_ptr<const BytePairEncoder> encoder;
  // Tokens by their bytes; only with ignore_merges.
  std::unordered_map<std::string_view, int64_t> token_of_piece;
  std::string hash;
};

Tokenizer::Impl::Impl(
    TokenizerDefinition definition,
    const std::string& where) {
  add_vocabulary(definition, where);
  add_added_tokens(definition, where);
  add_merges(definition, where);
  pre_tokenizer = make_pre_tokenizer(definition.splits, where);
}

void Tokenizer::Impl::add_vocabulary(
    TokenizerDefinition& definition,
    const std::string& where) {
  int64_t max_id = -1;
  for (const auto& [spelling, id] : definition.vocabulary) {
    max_id = std::max(max_id, id);
  }
  for (const auto& token : definition.added_tokens) {
    max_id = std::max(max_id, token.id);
  }
  tokens.resize(static_cast<size_t>(max_id + 1));
  id_of.reserve(definition.vocabulary.size() + definition.added_tokens.size());
  for (auto& [spelling, id] : definition.vocabulary) {
    check(!spelling.empty(), where, ": model.vocab: a token is empty");
    Token& token = tokens[static_cast<size_t>(id)];
    check(
        token.spelling.empty(),
        where,
        ": model.vocab: \"",
        spelling,
        "\" and \"",
        token.spelling,
        "\" have the same id ",
        id);
    token.spelling = std::move(spelling);
    // A token outside the alphabet, e.g. a special token, stands for itself.
    token.bytes = spelled_bytes(token.spelling).value_or(token.spelling);
    id_of.emplace(token.spelling, id);
  }
  if (definition.ignore_merges) {
    for (const auto& [spelling, id] : id_of) {
      token_of_piece.emplace(tokens[static_cast<size_t>(id)].bytes, id);
    }
  }
}

void Tokenizer::Impl::add_added_tokens(
    const TokenizerDefinition& definition,
    const std::string& where) {
  for (const auto& added : definition.added_tokens) {
    Token& token = tokens[static_cast<size_t>(added.id)];
    const auto known = id_of.find(added.content);
    check(
        known == id_of.end() || known->second == added.id,
        where,
        ": added_tokens: \"",
        added.content,
        "\" has the ids ",
        added.id,
        " and ",
        known == id_of.end() ? 0 : known->second);
    check(
        token.spelling.empty() || token.spelling == added.content,
        where,
        ": added_tokens: \"",
        added.content,
        "\" and \"",
        token.spelling,
        "\" have the same id ",
        added.id);
    token.spelling = added.content;
    token.bytes = added.content;
    token.special = added.special;
    id_of.emplace(token.spelling, added.id);
    finders[added.normalized ? 1 : 0].add(added.content, added.id);
  }
}

void Tokenizer::Impl::add_merges(
    const TokenizerDefinition& definition,
    const std::string& where) {
  std::array<int32_t, 256> byte_tokens = {};
  for (size_t byte = 0; byte < byte_tokens.size(); ++byte) {
    const auto found = id_of.find(spell_byte(static_cast<unsigned char>(byte)));
    check(
        found != id_of.end(),
        where,
        ": model.vocab: byte ",
        byte,
        " has no token; only byte-level vocabularies are supported");
    byte_tokens[byte] = static_cast<int32_t>(found->second);
  }

  std::vector<Merge> merges;
  merges.reserve(definition.merges.size());
  for (const auto& [left, right] : definition.merges) {
    const auto id = [&](const std::string& spelling) {
      const auto found = id_of.find(spelling);
      check(
          found != id_of.end(),
          where,
          ": model.merges[",
          merges.size(),
          "]: \"",
          spelling,
          "\" is not in the vocabulary");
      return static_cast<int32_t>(found->second);
    };
    merges.push_back({id(left), id(right), id(left + right)});
  }
  std::vector<std::pair<int32_t, int32_t>> pairs;
  pairs.reserve(merges.size());
  for (const auto& merge : merges) {
    pairs.emplace_back(merge.left, merge.right);
  }
  std::sort(pairs.begin(), pairs.end());
  const auto twice = std::adjacent_find(pairs.begin(), pairs.end());
  if (twice != pairs.end()) {
    throw InputError(concat(
        where,
        ": model.merges: \"",
        tokens[static_cast<size_t>(twice->first)].spelling,
        "\" and \"",
        tokens[static_cast<size_t>(twice->second)].spelling,
        "\" are merged twice"));
  }
  encoder = std::make_unique<BytePairEncoder>(byte_tokens, merges);
}

void Tokenizer::Impl::encode_ordinary(
    std::string_view text,
    std::vector<int64_t>& ids) const {
  std::vector<std::string_view> pieces;
  pre_tokenizer->split(text, pieces);
  for (const auto piece : pieces) {
    const auto whole = token_of_piece.find(piece);
    if (whole != token_of_piece.end()) {
      ids.push_back(whole->second);
    } else {
      encoder->encode(piece, ids);
    }
  }
}

void Tokenizer::Impl::encode_added(
    std::string_view text,
    size_t finder,
    std::vector<int64_t>& ids) const {
  if (finder == finders.size()) {
    encode_ordinary(text, ids);
    return;
  }
  size_t done = 0;
  while (const auto match = finders[finder].find(text, done)) {
    encode_added(text.substr(done, match->begin - done), finder + 1, ids);
    ids.push_back(match->id);
    done = match->end;
  }
  encode_added(text.substr(done), finder + 1, ids);
}

Tokenizer::Tokenizer(std::shared_ptr<const Impl> impl)
    : impl_(std::move(impl)) {}

Tokenizer Tokenizer::load(const std::filesystem::path& path) {
  return parse(read_file(path, kMaxJsonFileBytes), path.string());
}

Tokenizer Tokenizer::parse(std::string_view json, const std::string& where) {
  auto impl = std::make_shared<Impl>(parse_tokenizer_json(json, where), where);
  impl->hash = microfiche::sha256(json);
  return Tokenizer(std::move(impl));
}

std::vector<int64_t> Tokenizer::encode(std::string_view text, bool added_tokens)
    const {
  const size_t valid = valid_utf8_prefix(text);
  check(
      valid == text.size(),
      "the text is not UTF-8 at byte ",
      valid,
      "; convert it, e.g. with iconv");
  std::vector<int64_t> ids;
  if (added_tokens) {
    impl_->encode_added(text, 0, ids);
  } else {
    impl_->encode_ordinary(text, ids);
  }
  return ids;
}

std::string Tokenizer::decode(std::span<const int64_t> ids) const {
  return replace_invalid_utf8(decode_bytes(ids));
}

std::string Tokenizer::decode_bytes(std::span<const int64_t> ids) const {
  std::string bytes;
  for (const int64_t id : ids) {
    bytes += token_bytes(id);
  }
  return bytes;
}

std::string_view Tokenizer::token_bytes(int64_t id) const {
  const auto* token = impl_->find(id);
  return token ? std::string_view(token->bytes) : std::string_view();
}

std::optional<int64_t> Tokenizer::id_of(std::string_view token) const {
  const auto found = impl_->id_of.find(token);
  return found == impl_->id_of.end() ? std::nullopt
                                     : std::optional(found->second);
}

bool Tokenizer::contains(int64_t id) const {
  return impl_->find(id) != nullptr;
}

int64_t Tokenizer::size() const {
  return static_cast<int64_t>(impl_->tokens.size());
}

bool Tokenizer::is_special(int64_t id) const {
  const auto* token = impl_->find(id);
  return token && token->special;
}

const std::string& Tokenizer::sha256() const {
  return impl_->hash;
}

} // namespace microfiche::tokenizer
