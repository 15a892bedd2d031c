#pragma once

#include <string>

namespace microfiche::metrics {

/// The stem of an English word in lower case: METEOR matches "reading" with
/// "reads" by it. Letters outside a-z count as consonants.
///
/// Source: Porter, "An algorithm for suffix stripping", Program 14.3 (1980),
/// with the changes that NLTK makes by default (a few irregular forms, y after
/// a vowel stays, words of two letters stay), so that METEOR agrees with
/// NLTK's.
std::u32string porter_stem(std::u32string word);

} // namespace microfiche::metrics
