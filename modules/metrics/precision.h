#pragma once

#include <string_view>

namespace microfiche::metrics {

/// Overlap of the words of two texts. Each value is in [0, 1].
struct Overlap {
  double precision = 0;
  double recall = 0;
  double f1 = 0;
};

// Note [Reconstruction precision]
// The DeepSeek-OCR paper reports "precision" in Table 2 without a definition.
// Set precision reproduces its numbers best from public raw outputs: the share
// of the distinct words of the prediction that are on the page, averaged over
// the pages of a bin. The mean difference is 0.33 points at 100 tokens and 0.80
// at 64; every other candidate differs more. The published Fox script swaps its
// two arguments, so it prints recall under this name; `fox-official` does the
// same.

/// Overlap of the sets of distinct words, without order and repetition. A
/// symbol is the number of a word (see `WordNumbers`), or a character as in
/// GOT's scene text. With P and G the sets of prediction and reference:
/// precision |P∩G| / |P|, recall |P∩G| / |G|, F1 their harmonic mean.
///
/// If one text is empty the values are 0, if both are empty 1. NLTK has no
/// value there, but a page with an empty prediction must count.
///
/// Source: nltk.metrics.scores as called by ucaslcl/Fox, eval_ocr_test.py; see
/// Note [Reconstruction precision].
Overlap set_overlap(
    std::u32string_view reference,
    std::u32string_view prediction);

/// As `set_overlap`, over multisets: a word counts as often as both texts have
/// it, so additional repetitions of a correct word are errors.
Overlap bag_overlap(
    std::u32string_view reference,
    std::u32string_view prediction);

} // namespace microfiche::metrics
