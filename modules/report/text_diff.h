#pragma once

#include <string>
#include <string_view>

namespace microfiche::report {

/// Reference and prediction as one stretch of HTML with the differences marked:
/// `<del>` for what is missing, `<ins>` for what was added, and a pair
/// `<del class="s">`, `<ins class="s">` for what was read as something else.
/// White space counts as one space.
std::string diff_html(std::string_view reference, std::string_view prediction);

} // namespace microfiche::report
