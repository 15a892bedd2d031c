#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace microfiche::sources {

/// Where a passage begins.
struct PassagePlace {
  uint64_t seed = 0;

  /// The page, and how many there are.
  int64_t page = 0;
  int64_t num_pages = 1;

  /// That it begins later than it would.
  int64_t skipped_words = 0;
};

/// Documents one after the other, white space collapsed, from which passages
/// are taken. Where words are spoken of, an East Asian character is one, since
/// a line may break beside it.
class RunningText {
 public:
  /// Reads files and folders (see `data::read_documents`) and keeps the
  /// documents that are held out (see `data::split_of`). Throws `InputError`
  /// when something is missing, malformed or nothing is left.
  RunningText(const std::vector<std::string>& paths, double held_out_fraction);

  /// Whole words of at most `characters` characters. Page i begins somewhere in
  /// the i-th of equal parts of the text; after the end of the text comes its
  /// beginning.
  std::string passage(const PassagePlace& place, int64_t characters) const;

  const std::string& text() const {
    return text_;
  }

 private:
  std::string text_;
};

/// The most whole words of `text` that have at most `characters` characters;
/// the text itself where not even one word has.
std::string shorten_to_characters(const std::string& text, int64_t characters);

/// The most whole words of `text` that are fewer than `limit` text tokens.
std::string shorten_to_tokens(
    const std::string& text,
    int64_t limit,
    const std::function<int64_t(std::string_view)>& count);

} // namespace microfiche::sources
