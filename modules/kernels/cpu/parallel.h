#pragma once

#include <cstdint>
#include <functional>

namespace microfiche::kernels {

// Note [Threads]
// at::parallel_for is a template: its threads exist only in sources that are
// compiled with OpenMP, and by a compiler whose OpenMP is the one that LibTorch
// brings along, GCC's. Clang's is another, whose threads would fight with
// LibTorch's for the processors. So the library's own entry point is called,
// what GCC makes of `#pragma omp parallel`; workers are those that LibTorch's
// operations use, and as many.

/// Calls `body(first, last)` with parts of [begin, end) of at least `grain`
/// numbers, on as many threads as LibTorch uses. Alone on this thread inside of
/// another parallel region. Throws what a body throws.
void parallel_for(
    int64_t begin,
    int64_t end,
    int64_t grain,
    const std::function<void(int64_t first, int64_t last)>& body);

} // namespace microfiche::kernels
