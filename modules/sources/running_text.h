#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace microfiche::sources {

/// The beginning of a passage.
struct PassagePosition {
  uint64_t seed = 0;

  /// The page, and the number of pages.
  int64_t page = 0;
  int64_t num_pages = 1;

  /// Words by which it begins later.
  int64_t skipped_words = 0;
};

/// Documents one after the other with collapsed white space and without
/// invisible characters, as a source of passages. Each East Asian character
/// counts as a word; see `data::starts_east_asian`.
class RunningText {
 public:
  /// Reads files and folders (see `data::read_documents`) and keeps the
  /// documents that are held out (see `data::split_of`). Throws `InputError`
  /// for missing or malformed files, and if no text is held out.
  RunningText(const std::vector<std::string>& paths, double held_out_fraction);

  /// Whole words of at most `characters` characters. Page i begins somewhere in
  /// the i-th of equal parts of the text; after the end of the text comes its
  /// beginning.
  std::string passage(const PassagePosition& position, int64_t characters)
      const;

  const std::string& text() const {
    return text_;
  }

 private:
  std::string text_;
};

/// The longest run of whole words at the beginning of `text` with at most
/// `characters` characters; the text itself if its first word is longer.
std::string shorten_to_characters(const std::string& text, int64_t characters);

/// The longest run of whole words at the beginning of `text` with fewer than
/// `limit` text tokens.
std::string shorten_to_tokens(
    const std::string& text,
    int64_t limit,
    const std::function<int64_t(std::string_view)>& count);

} // namespace microfiche::sources
