#include "tokenizer/tokenizer_json.h"

#include "core/error.h"
#include "core/json.h"

#include <algorithm>
#include <initializer_list>

namespace microfiche::tokenizer {
namespace {

// The pattern of `ByteLevel` with use_regex.
// Source: GPT-2, openai/gpt-2 src/encoder.py, `self.pat`.
constexpr const char* kByteLevelPattern =
    R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";

// Far above any vocabulary, and small enough for a list index.
constexpr uint64_t kMaxId = (1 << 20) - 1;

// In bytes. Published patterns have 400, added tokens 40.
constexpr size_t kMaxTextBytes = 4096;

/// A JSON object of the file and its path.
class Object {
 public:
  /// `separator` stands between `where` and the names of fields.
  Object(const Json& value, std::string where, const char* separator = ".")
      : value_(value), where_(std::move(where)), separator_(separator) {
    check(
        value_.is_object(),
        where_,
        ": expected an object, got ",
        value_.type_name());
  }

  const std::string& where() const {
    return where_;
  }

  /// Null if the field is absent.
  const Json& get(const char* name) const {
    static const Json null;
    const auto found = value_.find(name);
    return found == value_.end() ? null : *found;
  }

  Object object(const char* name) const {
    return {get(name), path(name)};
  }

  const Json::array_t& list(const char* name) const {
    const Json& value = get(name);
    check(
        value.is_array(),
        path(name),
        ": expected a list, got ",
        value.type_name());
    return value.get_ref<const Json::array_t&>();
  }

  const std::string& string(const char* name) const {
    const Json& value = get(name);
    check(
        value.is_string(),
        path(name),
        ": expected a string, got ",
        value.type_name());
    return value.get_ref<const std::string&>();
  }

  bool boolean(const char* name, bool fallback) const {
    const Json& value = get(name);
    check(
        value.is_null() || value.is_boolean(),
        path(name),
        ": expected true or false, got ",
        value.type_name());
    return value.is_null() ? fallback : value.get<bool>();
  }

  void refuse_other_fields_than(
      std::initializer_list<std::string_view> known) const {
    for (const auto& [name, value] : value_.items()) {
      check(
          std::find(known.begin(), known.end(), name) != known.end(),
          where_,
          ": field \"",
          name,
          "\" is not supported");
    }
  }

  /// Throws unless the condition holds.
  void require(bool condition, const char* feature) const {
    check(condition, where_, ": ", feature, " is not supported");
  }

  std::string path(const char* name) const {
    return where_ + separator_ + name;
  }

 private:
  const Json& value_;
  std::string where_;
  const char* separator_;
};

bool empty(const Json& value) {
  return value.is_null() ||
      (value.is_string() && value.get_ref<const std::string&>().empty());
}

int64_t read_id(const Json& value, const std::string& where) {
  check(
      value.is_number_unsigned() && value.get<uint64_t>() <= kMaxId,
      where,
      ": expected an id from 0 to ",
      kMaxId,
      ", got ",
      value.dump());
  return value.get<int64_t>();
}

void check_length(const std::string& text, const std::string& where) {
  check(
      text.size() <= kMaxTextBytes,
      where,
      ": expected a text of at most ",
      kMaxTextBytes,
      " bytes, got ",
      text.size());
}

std::vector<AddedToken> read_added_tokens(const Object& file) {
  std::vector<AddedToken> tokens;
  if (file.get("added_tokens").is_null()) {
    return tokens;
  }
  for (const Json& entry : file.list("added_tokens")) {
    const Object token(
        entry, concat(file.path("added_tokens"), "[", tokens.size(), "]"));
    token.refuse_other_fields_than(
        {"id",
         "content",
         "single_word",
         "lstrip",
         "rstrip",
         "normalized",
         "special"});
    token.require(!token.boolean("single_word", false), "single_word");
    token.require(!token.boolean("lstrip", false), "lstrip");
    token.require(!token.boolean("rstrip", false), "rstrip");
    AddedToken read;
    read.id = read_id(token.get("id"), token.path("id"));
    read.content = token.string("content");
    read.special = token.boolean("special", false);
    read.normalized = token.boolean("normalized", !read.special);
    check(!read.content.empty(), token.where(), ": content is empty");
    check_length(read.content, token.where());
    tokens.push_back(std::move(read));
  }
  return tokens;
}

void check_normalizer(const Object& file) {
  if (file.get("normalizer").is_null()) {
    return;
  }
  const Object normalizer = file.object("normalizer");
  check(
      normalizer.string("type") == "Sequence" &&
          normalizer.list("normalizers").empty(),
      normalizer.where(),
      ": normalizer ",
      normalizer.string("type"),
      " is not supported");
}

SplitPattern read_split(const Object& split) {
  split.refuse_other_fields_than({"type", "pattern", "behavior", "invert"});
  const std::string& behavior = split.string("behavior");
  check(
      behavior == "Isolated",
      split.path("behavior"),
      ": ",
      behavior,
      " is not supported, only Isolated");
  split.require(!split.boolean("invert", false), "invert");
  const Object pattern = split.object("pattern");
  pattern.refuse_other_fields_than({"Regex", "String"});
  const bool literal = pattern.get("Regex").is_null();
  SplitPattern read{pattern.string(literal ? "String" : "Regex"), literal};
  check(!read.pattern.empty(), pattern.where(), ": the pattern is empty");
  check_length(read.pattern, pattern.where());
  return read;
}

/// Adds the splits of a pre-tokenizer. True for ByteLevel, which must come
/// last.
bool read_pre_tokenizer(const Object& step, std::vector<SplitPattern>& splits) {
  const std::string& type = step.string("type");
  if (type == "Sequence") {
    bool mapped = false;
    size_t index = 0;
    for (const Json& entry : step.list("pretokenizers")) {
      const Object inner(
          entry, concat(step.path("pretokenizers"), "[", index++, "]"));
      inner.require(!mapped, "a pre-tokenizer after ByteLevel");
      mapped = read_pre_tokenizer(inner, splits);
    }
    return mapped;
  }
  if (type == "Split") {
    splits.push_back(read_split(step));
    return false;
  }
  check(
      type == "ByteLevel",
      step.where(),
      ": pre-tokenizer ",
      type,
      " is not supported");
  step.refuse_other_fields_than(
      {"type", "add_prefix_space", "trim_offsets", "use_regex"});
  step.require(!step.boolean("add_prefix_space", true), "add_prefix_space");
  if (step.boolean("use_regex", true)) {
    splits.push_back({kByteLevelPattern, /*literal=*/false});
  }
  return true;
}

void check_post_processor(const Json& value, const std::string& where) {
  if (value.is_null()) {
    return;
  }
  const Object step(value, where);
  const std::string& type = step.string("type");
  if (type == "Sequence") {
    for (const Json& inner : step.list("processors")) {
      check_post_processor(inner, step.path("processors"));
    }
    return;
  }
  check(
      type == "ByteLevel" || type == "TemplateProcessing",
      where,
      ": post-processor ",
      type,
      " is not supported");
}

std::pair<std::string, std::string>
read_merge(const Json& entry, const std::string& where, size_t rank) {
  if (entry.is_string()) {
    const auto& text = entry.get_ref<const std::string&>();
    const size_t space = text.find(' ');
    if (space != std::string::npos && space > 0 && space + 1 < text.size() &&
        text.find(' ', space + 1) == std::string::npos) {
      return {text.substr(0, space), text.substr(space + 1)};
    }
  } else if (
      entry.is_array() && entry.size() == 2 && entry[0].is_string() &&
      entry[1].is_string()) {
    return {entry[0].get<std::string>(), entry[1].get<std::string>()};
  }
  throw InputError(concat(
      where,
      "[",
      rank,
      "]: expected two tokens as \"a b\" or [\"a\", \"b\"], got ",
      entry.dump().substr(0, 80)));
}

void read_model(const Object& model, TokenizerDefinition& definition) {
  check(
      model.string("type") == "BPE",
      model.where(),
      ": model ",
      model.string("type"),
      " is not supported, only BPE");
  // unk_token and fuse_unk have no effect: every byte has a token.
  model.refuse_other_fields_than(
      {"type",
       "dropout",
       "unk_token",
       "continuing_subword_prefix",
       "end_of_word_suffix",
       "fuse_unk",
       "byte_fallback",
       "ignore_merges",
       "vocab",
       "merges"});
  const Json& dropout = model.get("dropout");
  model.require(
      dropout.is_null() || (dropout.is_number() && dropout == 0), "dropout");
  model.require(
      empty(model.get("continuing_subword_prefix")),
      "continuing_subword_prefix");
  model.require(empty(model.get("end_of_word_suffix")), "end_of_word_suffix");
  model.require(!model.boolean("byte_fallback", false), "byte_fallback");
  definition.ignore_merges = model.boolean("ignore_merges", false);

  const Json& vocabulary = model.get("vocab");
  check(vocabulary.is_object(), model.path("vocab"), ": expected an object");
  const std::string vocabulary_path = model.path("vocab");
  definition.vocabulary.reserve(vocabulary.size());
  for (const auto& [token, id] : vocabulary.get_ref<const Json::object_t&>()) {
    definition.vocabulary.emplace_back(token, read_id(id, vocabulary_path));
  }

  const auto& merges = model.list("merges");
  const std::string merges_path = model.path("merges");
  definition.merges.reserve(merges.size());
  for (const Json& merge : merges) {
    definition.merges.push_back(
        read_merge(merge, merges_path, definition.merges.size()));
  }
}

} // namespace

TokenizerDefinition parse_tokenizer_json(
    std::string_view text,
    const std::string& where) {
  const Json content = parse_json(text, where);
  const Object file(content, where, /*separator=*/": ");
  file.refuse_other_fields_than(
      {"version",
       "truncation",
       "padding",
       "added_tokens",
       "normalizer",
       "pre_tokenizer",
       "post_processor",
       "decoder",
       "model"});
  check_normalizer(file);
  check_post_processor(file.get("post_processor"), file.path("post_processor"));
  const Object decoder = file.object("decoder");
  check(
      decoder.string("type") == "ByteLevel",
      decoder.where(),
      ": decoder ",
      decoder.string("type"),
      " is not supported, only ByteLevel");

  TokenizerDefinition definition;
  const Object pre_tokenizer = file.object("pre_tokenizer");
  check(
      read_pre_tokenizer(pre_tokenizer, definition.splits),
      pre_tokenizer.where(),
      ": a last step ByteLevel is missing; only byte-level BPE is supported");
  definition.added_tokens = read_added_tokens(file);
  read_model(file.object("model"), definition);
  return definition;
}

} // namespace microfiche::tokenizer
