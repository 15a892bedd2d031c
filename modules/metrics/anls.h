#pragma once

#include <string_view>

namespace microfiche::metrics {

/// Average normalised Levenshtein similarity of one text, in [0, 1]: 1 -
/// normalised edit distance if that distance is below one half, else 0. Ignores
/// case and the amount of white space.
///
/// Source: Biten et al., "Scene Text Visual Question Answering", ICCV 2019,
/// equation 1 with threshold 0.5; case and spaces as in DocVQA's evaluation.
double anls(std::u32string_view reference, std::u32string_view prediction);

} // namespace microfiche::metrics
