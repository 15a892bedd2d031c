#pragma once

#include <cstddef>
#include <vector>

namespace microfiche::kernels {

/// Bytes aligned to a cache line: a vector load that crosses two lines takes
/// twice as long.
class AlignedBytes {
 public:
  /// Afterwards the contents are unspecified.
  void resize(size_t bytes) {
    lines_.resize((bytes + sizeof(Line) - 1) / sizeof(Line));
    bytes_ = bytes;
  }

  size_t size() const {
    return bytes_;
  }
  char* data() {
    return lines_.data()->bytes;
  }
  const char* data() const {
    return lines_.data()->bytes;
  }

 private:
  struct alignas(64) Line {
    char bytes[64];
  };

  std::vector<Line> lines_;
  size_t bytes_ = 0;
};

} // namespace microfiche::kernels
