#include "memory/import.h"

#include "core/error.h"
#include "core/files.h"

#include <algorithm>
#include <array>
#include <memory>
#include <optional>

namespace microfiche::memory {
namespace {

constexpr std::array<std::pair<Format, std::string_view>, 10> kFormatNames = {
    {{Format::kAuto, "auto"},
     {Format::kChatGpt, "chatgpt"},
     {Format::kClaude, "claude"},
     {Format::kClaudeCode, "claude-code"},
     {Format::kShareGpt, "sharegpt"},
     {Format::kOpenAi, "openai"},
     {Format::kLmsys, "lmsys"},
     {Format::kLongMemEval, "longmemeval"},
     {Format::kLocomo, "locomo"},
     {Format::kJsonl, "jsonl"}}};

constexpr std::string_view kSpace = " \t\r\n";

std::unique_ptr<FormatReader> make_reader(
    Format format,
    ImportContext& context) {
  switch (format) {
    case Format::kChatGpt:
      return make_chatgpt_reader(context);
    case Format::kClaude:
      return make_claude_reader(context);
    case Format::kClaudeCode:
      return make_claude_code_reader(context);
    case Format::kShareGpt:
      return make_sharegpt_reader(context);
    case Format::kOpenAi:
      return make_openai_reader(context);
    case Format::kLmsys:
      return make_lmsys_reader(context);
    case Format::kLongMemEval:
      return make_longmemeval_reader(context);
    case Format::kLocomo:
      return make_locomo_reader(context);
    default:
      return make_jsonl_reader(context);
  }
}

/// The format of a value, by its keys.
Format detect(const JsonField& value) {
  const Json& json = value.json();
  const auto has = [&](const char* name) {
    return json.is_object() && json.contains(name);
  };
  const auto has_list = [&](const char* name) {
    return has(name) && json[name].is_array();
  };
  if (has("mapping")) {
    return Format::kChatGpt;
  }
  if (has("chat_messages")) {
    return Format::kClaude;
  }
  if (has("haystack_sessions")) {
    return Format::kLongMemEval;
  }
  if (has("sample_id") && has("conversation")) {
    return Format::kLocomo;
  }
  if (has_list("conversations")) {
    return Format::kShareGpt;
  }
  if (has_list("messages")) {
    return Format::kOpenAi;
  }
  if (has_list("conversation")) {
    return Format::kLmsys;
  }
  if (has("conversation") && has("text")) {
    return Format::kJsonl;
  }
  if (has("type") &&
      (has("sessionId") || has("uuid") || has("leafUuid") ||
       has("messageId"))) {
    return Format::kClaudeCode;
  }
  throw InputError(concat(
      value.where(),
      ": no known format of conversations, got ",
      json_excerpt(json),
      "; known are exports of ChatGPT and Claude, sessions of Claude Code, "
      "ShareGPT, OpenAI messages, rows of LMSYS-Chat-1M, LongMemEval, LoCoMo, "
      "and a turn per line "
      "with conversation, seq, role and text (--format names one)"));
}

void check_size(size_t num_bytes, const std::string& where) {
  check(
      num_bytes <= kMaxJsonFileBytes,
      where,
      ": is longer than ",
      kMaxJsonFileBytes,
      " bytes, the limit of a conversation");
}

/// The end of the line that begins at `begin`. Looks no further than a value
/// may be long, so that a file without line breaks costs no memory.
size_t line_end(std::string_view text, size_t begin) {
  const auto rest = text.substr(begin, kMaxJsonFileBytes + 1);
  return begin + std::min(rest.find('\n'), rest.size());
}

/// Gives values to the reader of their format.
class ValueReader {
 public:
  ValueReader(Format format, ImportContext& context)
      : format_(format), context_(context) {}

  void read(std::string_view text, const std::string& where) {
    check_size(text.size(), where);
    const Json json = parse_json(text, where);
    const JsonField value(json, where);
    if (format_ == Format::kAuto) {
      format_ = detect(value);
    }
    context_.format = format_;
    if (!reader_) {
      reader_ = make_reader(format_, context_);
    }
    reader_->read(value);
  }

  Format finish(const std::string& where) {
    check(reader_ != nullptr, where, ": no conversation in it");
    reader_->finish();
    return format_;
  }

 private:
  Format format_;
  ImportContext& context_;
  std::unique_ptr<FormatReader> reader_;
};

/// Cuts a JSON list into its elements without parsing them, so that each is
/// parsed alone.
class ListScanner {
 public:
  ListScanner(std::string_view text, const std::string& where)
      : text_(text), where_(where), at_(text.find('[') + 1) {
    count_lines(0, at_);
  }

  /// The next element; none at the end of the list.
  std::optional<std::string_view> next() {
    skip_space();
    if (num_elements_ == 0 ? peek() == ']' : peek() != ',') {
      return finish();
    }
    if (num_elements_++ > 0) {
      ++at_;
      skip_space();
    }
    line_of_element_ = line_;
    const size_t begin = at_;
    find_end();
    check(
        at_ > begin,
        where_,
        ":",
        line_,
        ": expected a conversation, got \"",
        std::string(1, peek()),
        '"');
    count_lines(begin, at_);
    return text_.substr(begin, at_ - begin);
  }

  int64_t num_elements() const {
    return num_elements_;
  }
  int64_t line_of_element() const {
    return line_of_element_;
  }

 private:
  char peek() const {
    check(
        at_ < text_.size(),
        where_,
        ":",
        line_,
        ": the file ends inside its list; incomplete download?");
    return text_[at_];
  }

  void count_lines(size_t begin, size_t end) {
    line_ += std::count(
        text_.begin() + static_cast<std::ptrdiff_t>(begin),
        text_.begin() + static_cast<std::ptrdiff_t>(end),
        '\n');
  }

  void skip_space() {
    const size_t begin = at_;
    at_ = std::min(text_.find_first_not_of(kSpace, at_), text_.size());
    count_lines(begin, at_);
  }

  /// Moves to the comma or bracket after an element.
  void find_end() {
    const size_t begin = at_;
    int64_t depth = 0;
    for (; at_ < text_.size(); ++at_) {
      if (at_ - begin > kMaxJsonFileBytes) {
        check_size(at_ - begin, concat(where_, ":", line_));
      }
      const char character = text_[at_];
      if (character == '"') {
        skip_text();
        continue;
      }
      if (depth == 0 && (character == ',' || character == ']')) {
        return;
      }
      depth += character == '{' || character == '[' ? 1 : 0;
      depth -= character == '}' || character == ']' ? 1 : 0;
    }
    peek();
  }

  /// Moves to the quote that ends a text, or as far as a value may reach.
  void skip_text() {
    const size_t end = std::min(text_.size(), at_ + kMaxJsonFileBytes + 1);
    for (++at_; at_ < end && text_[at_] != '"'; ++at_) {
      at_ += text_[at_] == '\\' ? 1 : 0;
    }
  }

  std::optional<std::string_view> finish() {
    check(
        peek() == ']',
        where_,
        ":",
        line_,
        ": expected a comma or the end of the list, got \"",
        std::string(1, peek()),
        '"');
    ++at_;
    skip_space();
    check(
        at_ >= text_.size(),
        where_,
        ":",
        line_,
        ": more text after the end of the list");
    return std::nullopt;
  }

  std::string_view text_;
  const std::string& where_;
  size_t at_;
  int64_t line_ = 1;
  int64_t line_of_element_ = 1;
  int64_t num_elements_ = 0;
};

void read_list(
    std::string_view text,
    const std::string& where,
    ValueReader& reader) {
  ListScanner scanner(text, where);
  while (const auto element = scanner.next()) {
    reader.read(
        *element,
        concat(
            where,
            ": conversation ",
            scanner.num_elements(),
            " (line ",
            scanner.line_of_element(),
            ")"));
  }
}

void read_lines(
    std::string_view text,
    const std::string& where,
    ValueReader& reader) {
  int64_t number = 0;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = line_end(text, begin);
    const auto line = text.substr(begin, end - begin);
    ++number;
    if (line.find_first_not_of(kSpace) != std::string_view::npos) {
      reader.read(line, concat(where, ":", number));
    }
    begin = end + 1;
  }
}

/// Whether the text is one object over several lines, not an object per line.
bool is_one_object(std::string_view text) {
  const auto first = text.substr(0, line_end(text, 0));
  const size_t last = first.find_last_not_of(kSpace);
  return first.size() < text.size() && last != std::string_view::npos &&
      first[last] != '}';
}

} // namespace

std::vector<std::string> format_names() {
  std::vector<std::string> names;
  for (const auto& entry : kFormatNames) {
    names.emplace_back(entry.second);
  }
  return names;
}

std::string_view name_of(Format format) {
  return kFormatNames[static_cast<size_t>(format)].second;
}

Format find_format(const std::string& name) {
  for (const auto& [format, known] : kFormatNames) {
    if (known == name) {
      return format;
    }
  }
  std::string list;
  for (const auto& known : format_names()) {
    list += (list.empty() ? "" : ", ") + known;
  }
  throw UsageError(
      concat("unknown format \"", name, "\"; expected one of ", list));
}

Format read_conversations(
    std::string_view bytes,
    const std::string& where,
    Format format,
    ImportContext& context) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (bytes.starts_with(kByteOrderMark)) {
    bytes.remove_prefix(kByteOrderMark.size());
  }
  const size_t begin = bytes.find_first_not_of(kSpace);
  check(
      begin != std::string_view::npos,
      where,
      ": the file is empty; expected conversations");
  ValueReader reader(format, context);
  if (bytes[begin] == '[') {
    read_list(bytes, where, reader);
  } else if (bytes[begin] == '{' && is_one_object(bytes.substr(begin))) {
    reader.read(bytes, where);
  } else {
    read_lines(bytes, where, reader);
  }
  return reader.finish(where);
}

} // namespace microfiche::memory
