#pragma once

#include "checkpoint/safetensors_header.h"
#include "core/files.h"

#include <cstddef>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace microfiche::checkpoint {

/// A memory-mapped safetensors file: tensors are read on access.
class SafetensorsFile {
 public:
  /// Throws `InputError` as `parse_safetensors_header` does, and when the file
  /// cannot be read.
  explicit SafetensorsFile(const std::filesystem::path& path);

  const std::filesystem::path& path() const {
    return path_;
  }

  /// In the order of their data.
  const std::vector<TensorInfo>& tensors() const {
    return header_.tensors;
  }

  const std::map<std::string, std::string>& metadata() const {
    return header_.metadata;
  }

  /// Null if there is no tensor of this name.
  const TensorInfo* find(std::string_view name) const;

  /// The little-endian elements of a tensor of this file, in row-major order.
  /// Valid as long as this object; not necessarily aligned.
  std::span<const std::byte> bytes(const TensorInfo& tensor) const;

  /// SHA-256 of the whole file; see `sha256_of_file`.
  std::string sha256() const;

 private:
  std::filesystem::path path_;
  MappedFile file_;
  SafetensorsHeader header_;
  // Keys point into the names of header_.tensors, which never change.
  std::unordered_map<std::string_view, size_t> index_;
};

/// A tensor to write; `bytes` are its little-endian elements.
struct TensorView {
  std::string name;
  Dtype dtype = Dtype::kF32;
  std::vector<int64_t> shape;
  std::span<const std::byte> bytes;
};

/// Writes a safetensors file that appears whole or not at all (see
/// `write_file`). As the reference does, tensors are laid out by descending
/// element size, then by name, and the data begins at a multiple of 8, so every
/// tensor is aligned to its elements.
///
/// Throws `InputError` for invalid or repeated names, and for a number of bytes
/// that does not match dtype and shape; `IoError` when the disk is full.
void write_safetensors(
    const std::filesystem::path& path,
    const std::vector<TensorView>& tensors,
    const std::map<std::string, std::string>& metadata = {{"format", "pt"}});

} // namespace microfiche::checkpoint
