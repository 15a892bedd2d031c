#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/json.h"

namespace microfiche::metrics {

/// A part of a page that a benchmark scores separately.
struct TextPair {
  std::string reference;
  std::string prediction;

  /// Whether the benchmark has already normalised both texts.
  bool normalized = false;
};

/// The reading of one page by any program, and the reference.
struct Prediction {
  std::string id;
  std::string reference;
  std::string prediction;
  std::optional<double> text_tokens;

  /// The nominal count, if the file gives all three counts.
  std::optional<double> vision_tokens;

  /// Matched parts of the page; only OmniDocBench's files have them.
  std::vector<TextPair> blocks;

  /// The whole line, with its other fields.
  Json fields;
};

/// A file of predictions.
struct PredictionFile {
  /// "jsonl", "fox" or "omnidocbench".
  std::string layout;
  std::vector<Prediction> pages;

  /// Malformed UTF-8 sequences, each read as U+FFFD.
  int64_t num_invalid = 0;
};

/// Reads predictions:
///
/// - `jsonl`: one object per line with `id`, `reference`, `prediction`, and
///   optionally `text_tokens` and `vision_tokens` (a number, or an object with
///   `nominal`);
/// - `fox`: a list of objects with `label` (the reference) and `answer` (the
///   prediction), named by `image`;
/// - `omnidocbench`: a list of matched blocks with `gt` and `pred`, grouped
///   into pages by `image_name`, or by `img_id` without its last `_part` if it
///   does not end in .jpg or .png. `norm_gt` and `norm_pred`, the benchmark's
///   own normalisation, are used if they are not empty, as in its script.
///
/// `where` names the file in messages. Throws `InputError` with file and line
/// for lines that are not JSON objects or have missing or mistyped fields, for
/// duplicate ids, and for a file without pages.
PredictionFile read_predictions(
    std::string_view text,
    const std::string& where);

/// The same from a file; `-` is standard input.
PredictionFile read_predictions(const std::filesystem::path& path);

} // namespace microfiche::metrics
