#pragma once

#include <cstdint>
#include <string>

namespace microfiche::model {

/// Of any field: a product of two sizes then still fits into memory sizes.
inline constexpr int64_t kMaxSize = int64_t{1} << 24;

/// Layers of a tower or of the decoder, and experts in all layers. Each needs a
/// name and a module before the weights are checked.
inline constexpr int64_t kMaxLayers = 1024;
inline constexpr int64_t kMaxExperts = int64_t{1} << 16;

/// Throws `InputError`, naming the field, unless `size` is from `least` to
/// `most`.
void check_size(
    int64_t size,
    int64_t least,
    const char* field,
    const std::string& where,
    int64_t most = kMaxSize);

/// Throws `InputError`, naming the fields, unless both are sizes and the width
/// is a multiple of the heads.
void check_heads(
    int64_t width,
    int64_t heads,
    const char* width_field,
    const char* heads_field,
    const std::string& where);

} // namespace microfiche::model
