#pragma once

#include <string>
#include <vector>

namespace microfiche::metrics {

/// BLEU-4 of one sentence (here: a page) against one reference, in [0, 1]:
/// uniform weights, brevity penalty, no smoothing.
///
/// 0 when no word matches; an n-gram order without a match counts as the
/// smallest normal double, as NLTK does, which makes the score all but 0.
///
/// Source: Papineni et al., ACL 2002; nltk.translate.bleu_score.sentence_bleu
/// of NLTK 3.9 with its defaults.
double bleu(
    const std::vector<std::u32string>& reference,
    const std::vector<std::u32string>& prediction);

} // namespace microfiche::metrics
