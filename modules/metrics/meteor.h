#pragma once

#include "metrics/words.h"

namespace microfiche::metrics {

/// METEOR of one page against one reference, in [0, 1]. Words match when they
/// are equal in lower case; the remaining words match when their Porter stems
/// are equal. Synonyms do not match, because WordNet is not included, so a
/// score is at most NLTK's. 0 when nothing matches.
///
/// Source: Lavie and Agarwal, WMT 2007 (alpha 0.9, beta 3, gamma 0.5);
/// NLTK 3.10 `meteor_score` with a WordNet that knows no word.
double meteor(const WordPair& words);

} // namespace microfiche::metrics
