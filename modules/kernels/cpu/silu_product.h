#pragma once

#include <cstdint>

namespace microfiche::kernels {

/// The activation of a gated mlp in a decoding step: silu(gate) * up for
/// `count` elements in raw memory, all float32 or all bfloat16; y may be
/// `gate`. Both products are rounded, as in ATen.
void silu_product_cpu(
    const void* gate,
    const void* up,
    void* y,
    bool is_bf16,
    int64_t count);

} // namespace microfiche::kernels
