#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace microfiche::checkpoint {

/// Element types of the safetensors format. Files use these names without the
/// `k`: "F32", "BF16", "BOOL", "F8_E4M3".
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

/// Bits per element; less than 8 for the packed types.
uint64_t bits_of(Dtype dtype);

/// The name in files, e.g. "BF16".
std::string_view name_of(Dtype dtype);

/// Empty for an unknown name.
std::optional<Dtype> dtype_of(std::string_view name);

} // namespace microfiche::checkpoint
