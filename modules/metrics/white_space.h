#pragma once

namespace microfiche::metrics {

/// White space as Python's `str.split()` and `str.isspace()` see it.
bool is_space(char32_t code_point);

} // namespace microfiche::metrics
