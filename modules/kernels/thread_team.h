#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <vector>

namespace microfiche::kernels {

/// Where the threads of a team meet and take their tasks from.
class Team {
 public:
  explicit Team(int64_t threads) : shares_(threads) {}

  int64_t threads() const {
    return static_cast<int64_t>(shares_.size());
  }
  int64_t take(int64_t share) {
    return shares_[share].next_task.fetch_add(1, std::memory_order_relaxed);
  }
  void meet();

 private:
  struct alignas(64) Share {
    std::atomic<int64_t> next_task = 0;
  };

  std::vector<Share> shares_;
  alignas(64) std::atomic<int64_t> arrived_ = 0;
  alignas(64) std::atomic<int> round_ = 0;
};

/// One thread of a team, which works in phases.
class TeamMember {
 public:
  TeamMember(Team& team, int64_t index) : team_(&team), index_(index) {}

  /// Which one, [0, count()).
  int64_t index() const {
    return index_;
  }
  int64_t count() const {
    return team_->threads();
  }

  /// Takes the next task of a phase from the share of a member, counted from 0.
  /// Members begin with their own, and then help the others, so that none waits
  /// long for another. They know how many tasks a share has.
  int64_t take(int64_t share) {
    return team_->take(share);
  }

  /// Calls `work(share, task)` for tasks of this member, and then of the
  /// others, until none are left of `tasks` in each share.
  template <typename Work>
  void work_off(int64_t tasks, const Work& work) {
    for (int64_t i = 0; i < count(); ++i) {
      const int64_t share = (index_ + i) % count();
      for (int64_t task = take(share); task < tasks; task = take(share)) {
        work(share, task);
      }
    }
  }

  /// Ends the phase: returns when all members have come here, and sees what
  /// they wrote.
  ///
  /// Who comes first spins for some ten microseconds, which is as long as
  /// threads with even shares wait for each other, and then sleeps: a thread
  /// whose processor does something else costs the others no more than its
  /// absence.
  void meet() {
    team_->meet();
  }

 private:
  Team* team_;
  int64_t index_;
};

/// Calls `body` on as many threads as LibTorch uses, all at once; see Note
/// [Threads]. Alone on this thread inside of another parallel region.
///
/// `body` must not throw: the others would wait for it for ever.
void run_team(const std::function<void(TeamMember& member)>& body);

} // namespace microfiche::kernels
