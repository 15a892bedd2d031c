#pragma once

#include "core/files.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace microfiche::checkpoint {

/// Types of element that the safetensors format knows. The names in a file are
/// these without the `k`: "F32", "BF16", "BOOL", "F8_E4M3".
enum class Dtype {
  kBOOL,
  kU8,
  kI8,
  kU16,
  kI16,
  kU32,
  kI32,
  kU64,
  kI64,
  kF16,
  kBF16,
  kF32,
  kF64,
  kC64,
  kF8_E5M2,
  kF8_E4M3,
  kF8_E5M2FNUZ,
  kF8_E4M3FNUZ,
  kF8_E8M0,
  kF6_E2M3,
  kF6_E3M2,
  kF4,
};

/// Bits of one element; less than 8 for the packed types.
int64_t bits_of(Dtype dtype);

/// The name that files use, e.g. "BF16".
std::string_view name_of(Dtype dtype);

/// What the header says of one tensor.
struct TensorInfo {
  std::string name;
  Dtype dtype = Dtype::kF32;
  std::vector<int64_t> shape;

  /// The tensor's bytes are [begin, end) of the data that follows the header.
  size_t begin = 0;
  size_t end = 0;

  int64_t numel() const;
};

/// A header whose every claim was checked against the size of the file.
struct SafetensorsHeader {
  /// In the order of their data, without holes or overlap.
  std::vector<TensorInfo> tensors;
  std::map<std::string, std::string> metadata;

  /// Where in the file the data begins.
  size_t data_begin = 0;
};

/// Reads the header of a whole safetensors file held in memory.
///
/// Throws `InputError`, starting with `where`, for a file that contradicts
/// itself in any way that the reference reader (safetensors 0.8) refuses, and
/// besides for a name given twice, an empty name or one with a NUL, an unknown
/// field in a tensor's entry, a dimension above 2^63-1 and more than 64
/// dimensions.
SafetensorsHeader parse_safetensors_header(
    std::span<const std::byte> file,
    const std::string& where);

/// A safetensors file, memory-mapped: tensors are read when they are touched.
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

  /// Null when there is no tensor of this name.
  const TensorInfo* find(std::string_view name) const;

  /// The little-endian elements of one of this file's tensors, row by row. They
  /// stay valid as long as the file object; they need not be aligned.
  std::span<const std::byte> bytes(const TensorInfo& tensor) const;

  /// SHA-256 of the whole file; reads all of it.
  std::string sha256() const;

 private:
  std::filesystem::path path_;
  MappedFile file_;
  SafetensorsHeader header_;
  // Keys point into the names of header_.tensors, which never change.
  std::unordered_map<std::string_view, size_t> index_;
};

/// A tensor to be written; `bytes` are its little-endian elements.
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
/// Throws `InputError` for names that the reader would refuse or that come
/// twice, and for bytes that are not as many as dtype and shape say; `IoError`
/// when the disk is full.
void write_safetensors(
    const std::filesystem::path& path,
    const std::vector<TensorView>& tensors,
    const std::map<std::string, std::string>& metadata = {{"format", "pt"}});

} // namespace microfiche::checkpoint
