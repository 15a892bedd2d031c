#pragma once

#include <string>
#include <string_view>

namespace microfiche::report {

/// Reference and prediction as one text with their differences, as HTML:
/// `<del>` for missing text, `<ins>` for added text, and a pair
/// `<del class="s">`, `<ins class="s">` for substitutions. A run of white space
/// is one space.
std::string diff_html(std::string_view reference, std::string_view prediction);

} // namespace microfiche::report
