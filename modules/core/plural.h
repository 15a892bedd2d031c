#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace microfiche {

/// A count with its noun, which gets an "s" unless the count is one: "1 page",
/// "3 text files".
inline std::string count_of(int64_t count, std::string_view noun) {
  std::string text = std::to_string(count) + " ";
  text += noun;
  return count == 1 ? text : text + "s";
}

} // namespace microfiche
