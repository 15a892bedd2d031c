#pragma once

#include "checkpoint/dtype.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace microfiche::checkpoint {

/// One tensor in the header.
struct TensorInfo {
  std::string name;
  Dtype dtype = Dtype::kF32;
  std::vector<int64_t> shape;

  /// The tensor's bytes are [begin, end) of the data that follows the header.
  size_t begin = 0;
  size_t end = 0;

  int64_t numel() const;
};

/// A header that agrees with itself and with the size of the file.
struct SafetensorsHeader {
  /// In the order of their data, without holes or overlap.
  std::vector<TensorInfo> tensors;
  std::map<std::string, std::string> metadata;

  /// Where in the file the data begins.
  size_t data_begin = 0;
};

/// Reads the header of a whole safetensors file held in memory.
///
/// Throws `InputError`, starting with `where`, for every file that the
/// reference reader (safetensors 0.8) refuses. In addition it refuses a
/// repeated field, a name that is empty or contains a NUL, an unknown field of
/// a tensor, more than 64 dimensions, and dimensions whose product without
/// zeros overflows. A Git LFS pointer gets its own message.
///
/// Source: the format's description in huggingface/safetensors README.md.
SafetensorsHeader parse_safetensors_header(
    std::span<const std::byte> file,
    const std::string& where);

/// A shape as "[2, 3]".
std::string shape_text(const std::vector<int64_t>& shape);

/// Bytes of a tensor; empty if the count overflows or is not a whole number.
std::optional<uint64_t> bytes_of(
    Dtype dtype,
    const std::vector<int64_t>& shape);

} // namespace microfiche::checkpoint
