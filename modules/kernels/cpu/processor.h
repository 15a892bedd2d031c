#pragma once

namespace microfiche::kernels {

// Note [Instructions of the processor]
// These functions alone decide which instructions our kernels use. They return
// what the processor has, within LibTorch's CPU capability: with
// ATEN_CPU_CAPABILITY=avx2 in the environment, our kernels do without AVX-512
// and without bfloat16 instructions, as on an older processor.

/// Whether the processor has AVX2 and FMA.
bool has_avx2();

/// Whether `run_vectorized` uses AVX-512: 32 registers of 16 numbers each.
bool has_wide_vectors();

/// Whether the processor has AVX-512 instructions for bfloat16.
bool has_bf16_instructions();

/// Whether the processor has AMX instructions for bfloat16.
bool has_tile_instructions();

} // namespace microfiche::kernels
