#include "kernels/cpu/parallel.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <exception>
#include <mutex>

// From libgomp; see Note [Threads].
extern "C" {
void GOMP_parallel(
    void (*body)(void*),
    void* data,
    unsigned num_threads,
    unsigned flags);
int omp_get_thread_num();
int omp_get_num_threads();
}

namespace microfiche::kernels {
namespace {

struct Region {
  int64_t begin;
  int64_t end;
  const std::function<void(int64_t, int64_t)>& body;
  std::mutex mutex;
  std::exception_ptr failure;
};

/// Runs this thread's part of a region.
void run_part(void* data) {
  auto& region = *static_cast<Region*>(data);
  const int64_t threads = omp_get_num_threads();
  const int64_t part = (region.end - region.begin + threads - 1) / threads;
  const int64_t first = region.begin + omp_get_thread_num() * part;
  const int64_t last = std::min(region.end, first + part);
  if (first >= last) {
    return;
  }
  try {
    region.body(first, last);
  } catch (...) {
    const std::lock_guard lock(region.mutex);
    region.failure = std::current_exception();
  }
}

} // namespace

void parallel_for(
    int64_t begin,
    int64_t end,
    int64_t grain,
    const std::function<void(int64_t first, int64_t last)>& body) {
  if (begin >= end) {
    return;
  }
  const int64_t parts = (end - begin + std::max<int64_t>(grain, 1) - 1) /
      std::max<int64_t>(grain, 1);
  const int64_t threads = std::min<int64_t>(at::get_num_threads(), parts);
  if (threads <= 1 || at::in_parallel_region()) {
    body(begin, end);
    return;
  }
  Region region{begin, end, body, {}, {}};
  GOMP_parallel(run_part, &region, static_cast<unsigned>(threads), 0);
  if (region.failure) {
    std::rethrow_exception(region.failure);
  }
}

} // namespace microfiche::kernels
