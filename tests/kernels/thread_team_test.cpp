#include "kernels/cpu/thread_team.h"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

namespace microfiche::kernels {
namespace {

/// Sets the number of LibTorch threads during a test.
class ThreadTeamTest : public ::testing::TestWithParam<int> {
 protected:
  ThreadTeamTest() : before_(at::get_num_threads()) {
    at::set_num_threads(GetParam());
  }
  ~ThreadTeamTest() override {
    at::set_num_threads(before_);
  }

 private:
  int before_;
};

TEST_P(ThreadTeamTest, RunsEveryMemberOnce) {
  std::vector<std::atomic<int>> seen(GetParam());

  run_team([&](TeamMember& member) {
    EXPECT_EQ(member.count(), GetParam());
    ++seen[member.index()];
  });

  for (const auto& times : seen) {
    EXPECT_EQ(times, 1);
  }
}

TEST_P(ThreadTeamTest, BarrierKeepsThreadsInTheSamePhase) {
  constexpr int kPhases = 1000;
  std::atomic<int> arrived = 0;
  std::atomic<int> wrong = 0;

  run_team([&](TeamMember& member) {
    for (int phase = 1; phase <= kPhases; ++phase) {
      ++arrived;
      member.barrier();
      wrong += arrived != phase * GetParam();
      member.barrier();
    }
  });

  EXPECT_EQ(wrong, 0);
}

TEST_P(ThreadTeamTest, BarrierWaitsForALateThread) {
  std::atomic<bool> written = false;
  std::atomic<int> wrong = 0;

  run_team([&](TeamMember& member) {
    if (member.index() == 0) {
      // Much longer than the others spin.
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
      written = true;
    }
    member.barrier();
    wrong += !written;
  });

  EXPECT_EQ(wrong, 0);
}

TEST_P(ThreadTeamTest, RunsEachTaskOnceInEveryPhase) {
  constexpr int64_t kTasks = 100;
  std::vector<std::atomic<int>> done(GetParam() * kTasks);

  run_team([&](TeamMember& member) {
    for (int phase = 0; phase < 3; ++phase) {
      member.run_tasks(kTasks, [&](int64_t queue, int64_t task) {
        ++done[queue * kTasks + task];
      });
      member.barrier();
    }
  });

  for (const auto& times : done) {
    EXPECT_EQ(times, 3);
  }
}

TEST_P(ThreadTeamTest, ANestedTeamHasOneThread) {
  std::atomic<int> members = 0;

  run_team([&](TeamMember&) {
    run_team([&](TeamMember& inner) {
      inner.barrier();
      members += static_cast<int>(inner.count());
    });
  });

  EXPECT_EQ(members, GetParam());
}

INSTANTIATE_TEST_SUITE_P(Threads, ThreadTeamTest, ::testing::Values(1, 2, 5));

} // namespace
} // namespace microfiche::kernels
