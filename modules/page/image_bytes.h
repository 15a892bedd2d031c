#pragma once

#include "core/error.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace microfiche::page {

/// The bytes of an image file. Every access is checked: one beyond the end
/// throws `InputError`, whose message starts with `where`.
class ImageBytes {
 public:
  ImageBytes(std::span<const std::byte> bytes, const std::string& where)
      : bytes_(bytes), where_(&where) {}

  uint64_t size() const {
    return bytes_.size();
  }

  uint64_t little_endian(uint64_t at, uint64_t count) const {
    require(at, count);
    uint64_t value = 0;
    for (uint64_t i = count; i-- > 0;) {
      value = value << 8 | std::to_integer<uint64_t>(bytes_[at + i]);
    }
    return value;
  }

  uint64_t big_endian(uint64_t at, uint64_t count) const {
    require(at, count);
    uint64_t value = 0;
    for (uint64_t i = 0; i < count; ++i) {
      value = value << 8 | std::to_integer<uint64_t>(bytes_[at + i]);
    }
    return value;
  }

  bool has(uint64_t at, std::string_view text) const {
    return at <= size() && text.size() <= size() - at &&
        std::equal(text.begin(), text.end(), bytes_.begin() + at, is_byte);
  }

  std::string_view text() const {
    return {reinterpret_cast<const char*>(bytes_.data()), bytes_.size()};
  }

  ImageBytes part(uint64_t at, uint64_t count) const {
    require(at, count);
    return ImageBytes(bytes_.subspan(at, count), *where_);
  }

  void require(uint64_t at, uint64_t count) const {
    check(
        at <= size() && count <= size() - at,
        *where_,
        ": ends at byte ",
        size(),
        " inside its image; incomplete download?");
  }

  const std::string& where() const {
    return *where_;
  }

 private:
  static bool is_byte(char character, std::byte byte) {
    return static_cast<std::byte>(character) == byte;
  }

  std::span<const std::byte> bytes_;
  const std::string* where_;
};

} // namespace microfiche::page
