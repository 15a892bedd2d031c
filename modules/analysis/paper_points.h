#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace microfiche::analysis {

/// A point of the published curve.
struct PaperPoint {
  /// "tiny" or "small".
  std::string mode;
  int64_t vision_tokens;

  /// The bin of text tokens, [lower, upper).
  int64_t text_tokens_lower;
  int64_t text_tokens_upper;

  /// In [0, 1].
  double precision;

  /// Mean text tokens of the bin over the nominal vision tokens.
  double compression_ratio;
  int64_t pages;
};

/// The paper's fourteen points: precision on 100 English pages of Fox, prompt
/// "Free OCR.". The paper does not define precision; see Note [Reconstruction
/// precision].
///
/// Source: DeepSeek-OCR, arXiv:2510.18234v1, Table 2.
const std::vector<PaperPoint>& paper_points();

} // namespace microfiche::analysis
