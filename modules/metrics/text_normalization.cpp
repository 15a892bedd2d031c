#include "metrics/text_normalization.h"

#include <unicode/locid.h>
#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>

#include <algorithm>
#include <iterator>

#include "core/error.h"
#include "core/utf8.h"
#include "metrics/white_space.h"

namespace microfiche::metrics {
namespace {

icu::UnicodeString to_utf16(std::u32string_view text) {
  return icu::UnicodeString::fromUTF32(
      reinterpret_cast<const UChar32*>(text.data()),
      static_cast<int32_t>(text.size()));
}

std::u32string from_utf16(const icu::UnicodeString& text) {
  std::string utf8;
  text.toUTF8String(utf8);
  return decode_utf8(utf8).text;
}

std::u32string nfkc(std::u32string_view text) {
  UErrorCode status = U_ZERO_ERROR;
  const auto* normalizer = icu::Normalizer2::getNFKCInstance(status);
  icu::UnicodeString normalized;
  if (U_SUCCESS(status)) {
    normalizer->normalize(to_utf16(text), normalized, status);
  }
  if (U_FAILURE(status)) {
    throw Error(
        ExitCode::kFailure,
        concat("ICU cannot normalise to NFKC: ", u_errorName(status)));
  }
  return from_utf16(normalized);
}

char32_t to_half_width(char32_t c) {
  if (c >= 0xFF01 && c <= 0xFF5E) {
    return c - 0xFF01 + U'!';
  }
  return c == 0x3000 ? U' ' : c;
}

/// Whether `\w` matches in a Python pattern, or the character is in the Han
/// block.
bool is_word_character(char32_t c) {
  const auto category = U_GET_GC_MASK(static_cast<UChar32>(c));
  const uint32_t wanted =
      U_GC_L_MASK | U_GC_ND_MASK | U_GC_NL_MASK | U_GC_NO_MASK;
  return c == U'_' || (category & wanted) != 0 || (c >= 0x4E00 && c <= 0x9FFF);
}

std::u32string clean_like_omnidoc(std::u32string_view text) {
  std::u32string half_width;
  for (const char32_t c : text) {
    if (c != U'\t' && c != U'\n') {
      half_width.push_back(to_half_width(c));
    }
  }
  // One after the other, as chained calls of Python's `replace`: the first
  // removal may create a match of the second.
  for (const std::u32string_view mark : {U"/t", U"/n"}) {
    size_t at = 0;
    while ((at = half_width.find(mark, at)) != std::u32string::npos) {
      half_width.erase(at, mark.size());
    }
  }
  std::u32string cleaned;
  for (const char32_t c : half_width) {
    if (is_word_character(c)) {
      cleaned.push_back(c);
    }
  }
  return cleaned;
}

struct NamedNormalization {
  Normalization how;
  const char* name;
};

constexpr NamedNormalization kNormalizations[] = {
    {Normalization::kRaw, "raw"},
    {Normalization::kNfkcWhitespace, "nfkc-ws"},
    {Normalization::kOmniDoc, "omnidoc"}};

} // namespace

std::string name_of(Normalization how) {
  return std::find_if(
             std::begin(kNormalizations),
             std::end(kNormalizations),
             [&](const auto& known) { return known.how == how; })
      ->name;
}

Normalization find_normalization(const std::string& name) {
  for (const auto& known : kNormalizations) {
    if (name == known.name) {
      return known.how;
    }
  }
  throw UsageError(concat(
      "no normalisation named \"", name, "\"; known: raw, nfkc-ws, omnidoc"));
}

std::u32string normalize(std::u32string_view text, Normalization how) {
  switch (how) {
    case Normalization::kNfkcWhitespace:
      return collapse_spaces(nfkc(text));
    case Normalization::kOmniDoc:
      return clean_like_omnidoc(text);
    case Normalization::kRaw:
      break;
  }
  return std::u32string(text);
}

std::u32string collapse_spaces(std::u32string_view text) {
  std::u32string collapsed;
  bool pending = false;
  for (const char32_t c : text) {
    if (is_space(c)) {
      pending = !collapsed.empty();
      continue;
    }
    if (pending) {
      collapsed.push_back(U' ');
      pending = false;
    }
    collapsed.push_back(c);
  }
  return collapsed;
}

std::u32string lower_case(std::u32string_view text) {
  return from_utf16(to_utf16(text).toLower(icu::Locale::getRoot()));
}

} // namespace microfiche::metrics
