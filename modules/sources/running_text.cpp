#include "sources/running_text.h"

#include <algorithm>

#include "core/error.h"
#include "core/random.h"
#include "core/utf8.h"
#include "data/corpus.h"
#include "data/word_breaks.h"
#include "metrics/text_normalization.h"
#include "rendering/visible_text.h"

namespace microfiche::sources {
namespace {

using data::ends_word;
using data::starts_east_asian;

/// Without invisible characters, which leave no ink and must not count toward
/// the length of a page; see Note [Invisible characters].
std::string collapse_spaces(const std::string& text) {
  return encode_utf8(metrics::collapse_spaces(
      decode_utf8(rendering::VisibleText(text).text()).text));
}

} // namespace

RunningText::RunningText(
    const std::vector<std::string>& paths,
    double held_out_fraction) {
  for (const auto& path : paths) {
    for (const auto& document : data::read_documents(path)) {
      const bool held_out =
          data::split_of(document, held_out_fraction) == data::Split::kHeldOut;
      const auto text = held_out ? collapse_spaces(document.text) : "";
      if (!text.empty()) {
        text_ += (text_.empty() ? "" : " ") + text;
      }
    }
  }
  check(
      !text_.empty(),
      "texts: no document is held out; held_out_fraction is ",
      held_out_fraction);
}

std::string RunningText::passage(
    const PassagePosition& position,
    int64_t characters) const {
  RandomStream random(position.seed, "sweep text", position.page);
  const auto size = static_cast<double>(text_.size());
  size_t begin = static_cast<size_t>(
      (static_cast<double>(position.page) + random.uniform()) /
      static_cast<double>(position.num_pages) * size);
  while (begin > 0 && text_[begin] != ' ' && !starts_east_asian(text_, begin)) {
    --begin;
  }
  begin += text_[begin] == ' ';
  for (int64_t word = 0; word < position.skipped_words; ++word) {
    do {
      begin = begin + 1 >= text_.size() ? 0 : begin + 1;
    } while (begin != 0 && text_[begin - 1] != ' ' &&
             !starts_east_asian(text_, begin));
  }

  std::string passage;
  size_t at = begin;
  for (int64_t taken = 0;; at = at + 1 == text_.size() ? 0 : at + 1) {
    if (at == 0 && !passage.empty()) {
      taken += 1;
      if (taken > characters) {
        break;
      }
      passage += ' ';
    }
    taken += !continues_code_point(text_[at]);
    if (taken > characters) {
      break;
    }
    passage += text_[at];
  }
  // Drop a part of a word at the end, unless it is the only one.
  if (at != 0 && !ends_word(text_, at)) {
    for (size_t end = passage.size() - 1; end > 0; --end) {
      if (ends_word(passage, end)) {
        passage.resize(end);
        break;
      }
    }
  }
  if (passage.size() > 1 && passage.back() == ' ') {
    passage.pop_back();
  }
  return passage;
}

std::string shorten_to_characters(const std::string& text, int64_t characters) {
  int64_t taken = 0;
  size_t fitting = 0;
  for (size_t byte = 0; byte < text.size(); ++byte) {
    if (byte > 0 && ends_word(text, byte)) {
      fitting = byte;
    }
    taken += !continues_code_point(text[byte]);
    if (taken > characters) {
      return fitting == 0 ? text : text.substr(0, fitting);
    }
  }
  return text;
}

std::string shorten_to_tokens(
    const std::string& text,
    int64_t limit,
    const std::function<int64_t(std::string_view)>& count) {
  std::vector<size_t> ends;
  for (size_t byte = 1; byte < text.size(); ++byte) {
    if (ends_word(text, byte)) {
      ends.push_back(byte);
    }
  }
  ends.push_back(text.size());
  const auto fits = [&](size_t end) {
    return count(std::string_view(text).substr(0, end)) < limit;
  };
  const auto first_too_long =
      std::partition_point(ends.begin(), ends.end(), fits);
  return first_too_long == ends.begin() ? ""
                                        : text.substr(0, *(first_too_long - 1));
}

} // namespace microfiche::sources
