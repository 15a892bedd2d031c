#include "checkpoint/dtype.h"

#include <array>

namespace microfiche::checkpoint {
namespace {

struct DtypeRow {
  Dtype dtype;
  std::string_view name;
  uint64_t bits;
};

// In the order of the enumeration.
constexpr std::array kDtypes = {
    DtypeRow{Dtype::kBOOL, "BOOL", 8},
    DtypeRow{Dtype::kU8, "U8", 8},
    DtypeRow{Dtype::kI8, "I8", 8},
    DtypeRow{Dtype::kU16, "U16", 16},
    DtypeRow{Dtype::kI16, "I16", 16},
    DtypeRow{Dtype::kU32, "U32", 32},
    DtypeRow{Dtype::kI32, "I32", 32},
    DtypeRow{Dtype::kU64, "U64", 64},
    DtypeRow{Dtype::kI64, "I64", 64},
    DtypeRow{Dtype::kF16, "F16", 16},
    DtypeRow{Dtype::kBF16, "BF16", 16},
    DtypeRow{Dtype::kF32, "F32", 32},
    DtypeRow{Dtype::kF64, "F64", 64},
    DtypeRow{Dtype::kC64, "C64", 64},
    DtypeRow{Dtype::kF8_E5M2, "F8_E5M2", 8},
    DtypeRow{Dtype::kF8_E4M3, "F8_E4M3", 8},
    DtypeRow{Dtype::kF8_E5M2FNUZ, "F8_E5M2FNUZ", 8},
    DtypeRow{Dtype::kF8_E4M3FNUZ, "F8_E4M3FNUZ", 8},
    DtypeRow{Dtype::kF8_E8M0, "F8_E8M0", 8},
    DtypeRow{Dtype::kF6_E2M3, "F6_E2M3", 6},
    DtypeRow{Dtype::kF6_E3M2, "F6_E3M2", 6},
    DtypeRow{Dtype::kF4, "F4", 4},
};

const DtypeRow& row_of(Dtype dtype) {
  return kDtypes[static_cast<size_t>(dtype)];
}

} // namespace

uint64_t bits_of(Dtype dtype) {
  return row_of(dtype).bits;
}

std::string_view name_of(Dtype dtype) {
  return row_of(dtype).name;
}

std::optional<Dtype> dtype_of(std::string_view name) {
  for (const auto& row : kDtypes) {
    if (row.name == name) {
      return row.dtype;
    }
  }
  return std::nullopt;
}

} // namespace microfiche::checkpoint
