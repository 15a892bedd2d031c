#pragma once

#include <cstdint>

#include "metrics/page_texts.h"

namespace microfiche::metrics {

/// `part` over `whole`, both at least 0. If `whole` is 0: 0 for an equally
/// empty part, else 1.
double share(int64_t part, int64_t whole);

/// Edit distance over the length of the longer text, in [0, 1].
double normalized_edit_distance(const PageTexts& texts);

/// Edit distance over the length of the reference, in characters; above 1 for a
/// prediction that is much too long.
double character_error_rate(const PageTexts& texts);

/// The same in words.
double word_error_rate(const PageTexts& texts);

/// Length of the prediction over that of the reference, in characters.
double length_ratio(const PageTexts& texts);

} // namespace microfiche::metrics
