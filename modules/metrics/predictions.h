#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/json.h"

namespace microfiche::metrics {

/// A part of a page that a benchmark matched and scores by itself.
struct TextPair {
  std::string reference;
  std::string prediction;

  /// Whether the benchmark has normalised it.
  bool normalized = false;
};

/// One page somebody read, with what should have come out.
struct Prediction {
  std::string id;
  std::string reference;
  std::string prediction;
  std::optional<double> text_tokens;

  /// Nominal, where the file gives the three counts.
  std::optional<double> vision_tokens;

  /// Matched parts of the page; only OmniDocBench's files have them.
  std::vector<TextPair> blocks;

  /// The line as it came, for fields of its own.
  Json fields;
};

/// A file of predictions.
struct PredictionFile {
  /// Which of the known layouts the file has.
  std::string layout;
  std::vector<Prediction> pages;

  /// Malformed UTF-8 sequences, each read as U+FFFD.
  int64_t num_invalid = 0;
};

/// Reads predictions:
///
/// - `jsonl`: an object a line with `id`, `reference`, `prediction`, and where
///   known `text_tokens` and `vision_tokens` (a number, or an object with
///   `nominal`);
/// - `fox`: a list of objects with `label` (the reference) and `answer` (the
///   prediction), named by `image`;
/// - `omnidocbench`: a list of matched blocks with `gt` and `pred`, grouped
///   into pages by `image_name`, or by `img_id` without its last `_part` where
///   it does not end in .jpg or .png; `norm_gt` and `norm_pred`, the
///   benchmark's own normalisation, are taken where they are not empty, as its
///   script does.
///
/// `where` names the file in messages. Throws `InputError` with file and line
/// for lines that are no JSON objects, lack a field or have one of the wrong
/// type, for an id that comes twice, and for a file without pages.
PredictionFile read_predictions(
    std::string_view text,
    const std::string& where);

/// The same from a file; `-` is standard input.
PredictionFile read_predictions(const std::filesystem::path& path);

} // namespace microfiche::metrics
