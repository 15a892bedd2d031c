#pragma once

#include <cstddef>
#include <vector>

namespace microfiche::kernels {

/// Memory that begins where a cache line does: a vector's load that crosses two
/// lines takes twice as long.
class AlignedBytes {
 public:
  /// What it held may be gone, and what it holds then is anything.
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
