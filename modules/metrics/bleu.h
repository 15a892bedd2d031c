#pragma once

#include <string_view>

namespace microfiche::metrics {

/// BLEU-4 of one sentence (here: a page) against one reference, in [0, 1]:
/// uniform weights, brevity penalty, no smoothing. A symbol is the number of a
/// word (see `WordNumbers`).
///
/// 0 when no word matches. An n-gram order without a match counts as the
/// smallest normal double, as in NLTK, so the score is close to 0.
///
/// Source: Papineni et al., ACL 2002; nltk.translate.bleu_score.sentence_bleu
/// of NLTK 3.10 with its defaults.
double bleu(std::u32string_view reference, std::u32string_view prediction);

} // namespace microfiche::metrics
