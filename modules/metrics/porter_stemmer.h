#pragma once

#include <string>

namespace microfiche::metrics {

/// The stem of an English word in lower case, by which METEOR lets "reading"
/// match "reads". Letters outside a-z count as consonants.
///
/// Source: Porter, "An algorithm for suffix stripping", Program 14.3 (1980),
/// with the departures that NLTK makes by default (a few irregular forms, y
/// after a vowel stays, words of two letters are left alone), so that METEOR
/// agrees with NLTK's.
std::u32string porter_stem(std::u32string word);

} // namespace microfiche::metrics
