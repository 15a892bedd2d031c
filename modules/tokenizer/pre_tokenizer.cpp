#include "tokenizer/pre_tokenizer.h"

#include "core/error.h"
#include "tokenizer/deepseek_pre_tokenizer.h"

#include <unicode/regex.h>
#include <unicode/unistr.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <utility>

namespace microfiche::tokenizer {
namespace {

// A pattern from a file may be hostile. In ICU's units of about a millisecond;
// one match of an ordinary pattern takes far less than one.
constexpr int32_t kTimeLimit = 1000;
constexpr int32_t kStackBytes = 16 << 20;

/// Part of a text in UTF-16 units, [begin, end).
struct Range {
  int32_t begin;
  int32_t end;
};

class RegexPreTokenizer : public PreTokenizer {
 public:
  RegexPreTokenizer(
      const std::vector<SplitPattern>& splits,
      const std::string& where) {
    for (const auto& split : splits) {
      UErrorCode status = U_ZERO_ERROR;
      UParseError parse_error = {};
      patterns_.emplace_back(icu::RegexPattern::compile(
          icu::UnicodeString::fromUTF8(split.pattern),
          split.literal ? static_cast<uint32_t>(UREGEX_LITERAL) : 0,
          parse_error,
          status));
      check(
          U_SUCCESS(status),
          where,
          ": pre_tokenizer: cannot compile the pattern ",
          split.pattern,
          ": ",
          u_errorName(status),
          " at character ",
          parse_error.offset);
    }
  }

  void split(std::string_view text, std::vector<std::string_view>& pieces)
      const override {
    if (text.empty()) {
      return;
    }
    check(
        text.size() <= static_cast<size_t>(INT32_MAX),
        "a text of ",
        text.size(),
        " bytes is too long to split");
    const auto utf16 = icu::UnicodeString::fromUTF8(
        icu::StringPiece(text.data(), static_cast<int32_t>(text.size())));
    std::vector<Range> ranges = {{0, utf16.length()}};
    for (const auto& pattern : patterns_) {
      ranges = split_ranges(*pattern, utf16, ranges);
    }
    append_pieces(text, utf16, ranges, pieces);
  }

 private:
  static std::vector<Range> split_ranges(
      const icu::RegexPattern& pattern,
      const icu::UnicodeString& text,
      const std::vector<Range>& ranges) {
    UErrorCode status = U_ZERO_ERROR;
    const std::unique_ptr<icu::RegexMatcher> matcher(
        pattern.matcher(text, status));
    check<OutOfMemoryError>(
        U_SUCCESS(status), "out of memory while splitting text");
    matcher->setTimeLimit(kTimeLimit, status);
    matcher->setStackLimit(kStackBytes, status);
    std::vector<Range> pieces;
    for (const auto& range : ranges) {
      // The bounds of a region are opaque and anchoring: a match sees only its
      // own piece.
      matcher->region(range.begin, range.end, status);
      int32_t done = range.begin;
      while (matcher->find(status)) {
        const int32_t begin = matcher->start(status);
        const int32_t end = matcher->end(status);
        append(done, begin, pieces);
        append(begin, end, pieces);
        done = end;
      }
      append(done, range.end, pieces);
    }
    if (U_FAILURE(status)) {
      std::string source;
      pattern.pattern().toUTF8String(source);
      throw InputError(concat(
          "the tokenizer's pattern ",
          source,
          " takes too long on this text: ",
          u_errorName(status)));
    }
    return pieces;
  }

  static void append(int32_t begin, int32_t end, std::vector<Range>& pieces) {
    if (begin < end) {
      pieces.push_back({begin, end});
    }
  }

  /// Converts ranges of UTF-16 to ranges of the UTF-8 text.
  static void append_pieces(
      std::string_view text,
      const icu::UnicodeString& utf16,
      const std::vector<Range>& ranges,
      std::vector<std::string_view>& pieces) {
    size_t begin = 0;
    for (const auto& range : ranges) {
      size_t end = begin;
      for (int32_t i = range.begin; i < range.end;) {
        const UChar32 character = utf16.char32At(i);
        i += U16_LENGTH(character);
        end += U8_LENGTH(character);
      }
      pieces.push_back(text.substr(begin, end - begin));
      begin = end;
    }
  }

  std::vector<std::unique_ptr<const icu::RegexPattern>> patterns_;
};

} // namespace

std::unique_ptr<const PreTokenizer> make_regex_pre_tokenizer(
    const std::vector<SplitPattern>& splits,
    const std::string& where) {
  return std::make_unique<RegexPreTokenizer>(splits, where);
}

std::unique_ptr<const PreTokenizer> make_pre_tokenizer(
    const std::vector<SplitPattern>& splits,
    const std::string& where) {
  const auto& known = deepseek_splits();
  const bool deepseek = std::equal(
      splits.begin(),
      splits.end(),
      known.begin(),
      known.end(),
      [](const SplitPattern& a, const SplitPattern& b) {
        return !a.literal && a.pattern == b.pattern;
      });
  return deepseek ? make_deepseek_pre_tokenizer()
                  : make_regex_pre_tokenizer(splits, where);
}

} // namespace microfiche::tokenizer
