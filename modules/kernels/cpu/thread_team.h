#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <vector>

namespace microfiche::kernels {

/// The barrier and the task queues that the threads of a team share.
class Team {
 public:
  explicit Team(int64_t threads) : queues_(threads) {}

  int64_t threads() const {
    return static_cast<int64_t>(queues_.size());
  }
  int64_t next_task(int64_t queue) {
    return queues_[queue].next_task.fetch_add(1, std::memory_order_relaxed);
  }
  void barrier();

 private:
  struct alignas(64) Queue {
    std::atomic<int64_t> next_task = 0;
  };

  std::vector<Queue> queues_;
  alignas(64) std::atomic<int64_t> arrived_ = 0;
  alignas(64) std::atomic<int> round_ = 0;
};

/// One thread of a team. Teams work in phases, which end with a barrier.
class TeamMember {
 public:
  TeamMember(Team& team, int64_t index) : team_(&team), index_(index) {}

  /// This thread's index, [0, count()).
  int64_t index() const {
    return index_;
  }
  int64_t count() const {
    return team_->threads();
  }

  /// Takes the next task of a queue, counted from 0 in each phase. Each thread
  /// has a queue. It first empties its own and then helps the others, so no
  /// thread waits long. The caller knows how many tasks a queue has.
  int64_t next_task(int64_t queue) {
    return team_->next_task(queue);
  }

  /// Calls `work(queue, task)` until no queue has tasks left. Each queue has
  /// `tasks` of them.
  template <typename Work>
  void run_tasks(int64_t tasks, const Work& work) {
    for (int64_t i = 0; i < count(); ++i) {
      const int64_t queue = (index_ + i) % count();
      for (int64_t task = next_task(queue); task < tasks;
           task = next_task(queue)) {
        work(queue, task);
      }
    }
  }

  /// Ends the phase: returns once all threads have called it, and then sees
  /// what they wrote.
  ///
  /// A thread that waits spins for about ten microseconds, as long as threads
  /// with equal work wait for each other, and then sleeps. So a thread whose
  /// processor is busy elsewhere does not keep the other processors busy.
  void barrier() {
    team_->barrier();
  }

 private:
  Team* team_;
  int64_t index_;
};

/// Calls `body` on as many threads as LibTorch uses, all at once; see Note
/// [Threads]. Inside another parallel region it runs on this thread only.
///
/// `body` must not throw: the other threads would wait forever.
void run_team(const std::function<void(TeamMember& member)>& body);

} // namespace microfiche::kernels
