#pragma once

#include <string_view>

namespace microfiche {

/// Whether `name` is `pattern` with each `*` replaced by any text.
bool matches(std::string_view pattern, std::string_view name);

} // namespace microfiche
