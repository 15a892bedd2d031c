#pragma once

#include <cstdint>
#include <functional>

namespace microfiche::kernels {

// Note [Threads]
// at::parallel_for is a template, so it needs OpenMP in the compiler that
// builds the caller. LibTorch uses GCC's OpenMP runtime; Clang's is another
// one, and the threads of two runtimes compete for the processors. So this
// module calls the entry point of GCC's runtime that `#pragma omp parallel`
// compiles to. Its threads are those of LibTorch's operations.

/// Calls `body(first, last)` for parts of [begin, end) with at least `grain`
/// items, on as many threads as LibTorch uses. Inside another parallel region
/// it runs on this thread only. Rethrows what a body throws.
void parallel_for(
    int64_t begin,
    int64_t end,
    int64_t grain,
    const std::function<void(int64_t first, int64_t last)>& body);

} // namespace microfiche::kernels
