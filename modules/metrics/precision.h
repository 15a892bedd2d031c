#pragma once

#include <string_view>

namespace microfiche::metrics {

/// How much of a page's words came back. Each is in [0, 1].
struct Overlap {
  double precision = 0;
  double recall = 0;
  double f1 = 0;
};

// Note [Reconstruction precision]
// The DeepSeek-OCR paper gives "precision" in its Table 2 and no definition.
// From public raw outputs its figures come out as set precision: of the
// distinct words of the prediction, the share that the page has, averaged over
// the pages of a bin (mean difference 0.33 points at 100 tokens, 0.80 at 64;
// every other candidate is further away). The published Fox script exchanges
// its two arguments and so prints recall under this name; `fox-official` does
// the same.

/// Overlap of the sets of distinct words, a symbol being the number of a word
/// (see `WordNumbers`), or a character as in GOT's scene text; order and
/// repetition do not count.
/// With P and G the sets of prediction and reference: precision |P∩G| / |P|,
/// recall |P∩G| / |G|, F1 their harmonic mean.
///
/// A side without words scores 0, or 1 when neither has any, where NLTK has no
/// value: a model that says nothing has read nothing, and the page must count.
///
/// Source: nltk.metrics.scores as called by ucaslcl/Fox, eval_ocr_test.py; see
/// Note [Reconstruction precision].
Overlap set_overlap(
    std::u32string_view reference,
    std::u32string_view prediction);

/// As `set_overlap` over multisets: a word counts as often as both texts have
/// it, so repeating a right word is wrong.
Overlap bag_overlap(
    std::u32string_view reference,
    std::u32string_view prediction);

} // namespace microfiche::metrics
