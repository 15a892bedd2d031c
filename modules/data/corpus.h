#pragma once

#include "core/random.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace microfiche::data {

/// A text that is either trained on or held out as a whole.
struct Document {
  /// Its "id" in a JSON-lines file, or the file's name.
  std::string id;
  std::string text;
  /// Its source: `file` or `file:line`.
  std::string where;
};

/// Reads the documents of a file or a folder.
///
/// A `.txt` file is one document. A `.jsonl` file has one object per line with
/// "text" and optionally "id"; other fields are ignored. A folder is read with
/// its subfolders in the order of the names; its other files are skipped.
///
/// Throws `InputError` naming file and line for missing or malformed files, for
/// text that is not UTF-8, and for a path without any document.
std::vector<Document> read_documents(const std::filesystem::path& path);

/// The documents of several files and folders, one after the other.
std::vector<Document> read_documents(
    const std::vector<std::filesystem::path>& paths);

/// The part of the text that a document belongs to.
enum class Split { kTraining, kHeldOut };

/// Assigns a document by the SHA-256 of its text alone, so that a held-out text
/// is never trained on, in any set of files. `held_out_fraction` in [0, 1].
Split split_of(const Document& document, double held_out_fraction);

/// The text as training pages show it: white space becomes one space,
/// typographic quotes, dashes and ellipses become their ASCII forms, and
/// characters without ink are dropped. Of the other characters beyond ASCII it
/// keeps those for which `keep` returns true.
std::string to_page_text(
    std::string_view text,
    const std::function<bool(char32_t)>& keep);

/// The documents of one part; see `split_of`.
std::vector<Document> select_split(
    std::vector<Document> documents,
    double held_out_fraction,
    Split split);

/// The largest share of characters that a corpus may lose because the fonts
/// cannot draw them.
inline constexpr double kMaxDroppedShare = 0.01;

/// Text from which passages are drawn.
class Corpus {
 public:
  /// Documents with the same text count once. Characters that one of `fonts`
  /// cannot draw are dropped, with a warning that lists them. Messages start
  /// with `name`. Throws `InputError` if they are more than `kMaxDroppedShare`,
  /// and if no text is left.
  explicit Corpus(
      std::vector<Document> documents,
      const std::vector<std::string>& fonts = {"DejaVu Sans"},
      const std::string& name = "corpus");

  /// The documents with their text from `to_page_text`.
  const std::vector<Document>& documents() const {
    return documents_;
  }

  int64_t num_characters() const {
    return num_characters_;
  }

  /// Characters that were dropped because a font cannot draw them.
  int64_t num_dropped() const {
    return num_dropped_;
  }

  /// Running text of at least `characters` and at most one word more, from a
  /// uniformly drawn position of the corpus; where a document ends another
  /// passage follows.
  std::string passage(RandomStream& random, int64_t characters) const;

 private:
  std::vector<Document> documents_;
  /// Bytes up to the end of each document.
  std::vector<int64_t> ends_;
  int64_t num_characters_ = 0;
  int64_t num_dropped_ = 0;
};

} // namespace microfiche::data
