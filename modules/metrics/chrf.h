#pragma once

#include <string_view>

namespace microfiche::metrics {

/// chrF of one page against one reference, in [0, 1]: the F-score (recall
/// weighted twice) of the precision and recall of character n-grams, averaged
/// over the orders 1 to 6 that both texts have. Ignores white space, not case.
///
/// Source: Popović, WMT 2015; sacrebleu 2.6 `sentence_chrf` with its defaults
/// (`chrF2|nc:6|nw:0|space:no`), over 100.
double chrf(std::u32string_view reference, std::u32string_view prediction);

} // namespace microfiche::metrics
