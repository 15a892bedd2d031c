#pragma once

namespace microfiche::metrics {

// Note [Three compression ratios]
// A compression ratio is text tokens over vision tokens. There are three counts
// of vision tokens. `nominal` is the grid of the mode (64 for tiny); the paper
// divides by it. `valid` counts the tokens that a padded page covers.
// `positions` is the number of positions in the decoder's context, with row
// newlines and separator (73 for tiny). Text tokens are DeepSeek-OCR's unless
// stated otherwise, independent of the model's vocabulary.

/// Text tokens over vision tokens by the three counts.
struct CompressionRatios {
  double nominal = 0;
  double valid = 0;
  double positions = 0;
};

template <typename Visitor>
void visit_fields(Visitor&& visit, CompressionRatios& ratios) {
  visit("nominal", ratios.nominal);
  visit("valid", ratios.valid);
  visit("positions", ratios.positions);
}

/// Ratios of a page, or of means over pages, as the paper does for its bins.
/// `tokens` has members `nominal`, `valid` and `positions`, all positive.
template <typename VisionTokens>
CompressionRatios compression_ratios(
    double text_tokens,
    const VisionTokens& tokens) {
  return {
      text_tokens / static_cast<double>(tokens.nominal),
      text_tokens / static_cast<double>(tokens.valid),
      text_tokens / static_cast<double>(tokens.positions)};
}

} // namespace microfiche::metrics
