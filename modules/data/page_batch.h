#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace microfiche::data {

/// Rows of a prompt, its answer and optionally a page, ready to be copied to a
/// device. All pages have one mode.
struct PageBatch {
  int64_t index = 0;

  /// What its rows ask for, as metrics.jsonl names it.
  std::string task = "transcription";
  std::string mode;
  /// P, S and the vision tokens of one page.
  int64_t pages = 0;
  int64_t side_px = 0;
  int64_t vision_tokens = 0;

  /// C: 1 for luminances, 3 for red, green and blue.
  int64_t channels = 1;

  /// Characters of all answers.
  int64_t characters = 0;

  /// Means over rendered pages: characters on the page per vision token, and
  /// font size. 0 for pages from files.
  double characters_per_token = 0;
  double font_size_px = 0;

  /// Mean number of pairs before a question about pairs; else 0.
  double pairs = 0;

  /// (P, C, S, S), from 0 to 255.
  std::vector<uint8_t> pixels;

  /// The row of each page, ascending; if empty, row i has page i.
  std::vector<int64_t> page_rows;

  /// A prompt for each row, with `<image>` if it has a page; if empty, all rows
  /// have the model's own prompt.
  std::vector<std::string> prompts;

  /// (B, L) answers, each ended by the end id and padded with `kPadding`.
  std::vector<int64_t> answers;
  int64_t longest = 0;

  /// Pages before the page of each row in its context, oldest first: one of
  /// each group for each row. Then every row has a page.
  struct PageGroup {
    int64_t side_px = 0;
    /// (B, C, S, S), from 0 to 255.
    std::vector<uint8_t> pixels;
  };
  std::vector<PageGroup> earlier_pages;

  /// (B, L): 1 for an id of an answer that is given, such as a key that is
  /// asked for, so that it has no loss. Empty if none is.
  std::vector<uint8_t> given;

  /// (P, points, 2) x and y in px, and (P, points) labels; see `GlyphPoint`.
  std::vector<float> points;
  std::vector<int64_t> point_labels;

  /// (B, L, 2) x and y in px of the text of each answer id; negative for
  /// padding. Empty if unknown.
  std::vector<float> answer_points;

  /// (B, L), the page of the row that has this point, from the oldest. Empty if
  /// rows have one page.
  std::vector<int64_t> answer_pages;

  std::vector<std::string> texts;

  /// B.
  int64_t rows() const {
    return static_cast<int64_t>(answers.size()) / longest;
  }

  /// The id after the end of an answer.
  static constexpr int64_t kPadding = -100;
};

} // namespace microfiche::data
