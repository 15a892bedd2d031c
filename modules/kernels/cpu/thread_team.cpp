#include "kernels/cpu/thread_team.h"

#include <ATen/Parallel.h>

#ifdef __x86_64__
#include <immintrin.h>
#endif

#include <optional>

// From libgomp; see Note [Threads].
extern "C" {
void GOMP_parallel(
    void (*body)(void*),
    void* data,
    unsigned num_threads,
    unsigned flags);
void GOMP_barrier();
int omp_get_thread_num();
int omp_get_num_threads();
}

namespace microfiche::kernels {
namespace {

// About 20 nanoseconds each.
constexpr int kSpins = 1000;

void pause() {
#ifdef __x86_64__
  _mm_pause();
#endif
}

struct TeamRegion {
  const std::function<void(TeamMember&)>& body;
  std::optional<Team> team;
};

void run_member(void* data) {
  auto& region = *static_cast<TeamRegion*>(data);
  const int64_t index = omp_get_thread_num();
  if (index == 0) {
    // OpenMP may give fewer threads than requested.
    region.team.emplace(omp_get_num_threads());
  }
  GOMP_barrier();
  TeamMember member(*region.team, index);
  region.body(member);
}

} // namespace

void Team::barrier() {
  const int round = round_.load(std::memory_order_acquire);
  if (arrived_.fetch_add(1, std::memory_order_acq_rel) + 1 == threads()) {
    arrived_.store(0, std::memory_order_relaxed);
    for (auto& queue : queues_) {
      queue.next_task.store(0, std::memory_order_relaxed);
    }
    round_.fetch_add(1, std::memory_order_acq_rel);
    round_.notify_all();
    return;
  }
  for (int i = 0; i < kSpins; ++i) {
    if (round_.load(std::memory_order_acquire) != round) {
      return;
    }
    pause();
  }
  round_.wait(round, std::memory_order_acquire);
}

void run_team(const std::function<void(TeamMember& member)>& body) {
  if (at::get_num_threads() <= 1 || at::in_parallel_region()) {
    Team team(1);
    TeamMember alone(team, 0);
    body(alone);
    return;
  }
  TeamRegion region{body, {}};
  GOMP_parallel(
      run_member, &region, static_cast<unsigned>(at::get_num_threads()), 0);
}

} // namespace microfiche::kernels
