#include "kernels/thread_team.h"

#include "kernels/channel_tasks.h"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

namespace microfiche::kernels {
namespace {

/// Gives LibTorch some threads for the time of a test, whatever there were.
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

TEST_P(ThreadTeamTest, EveryMemberIsThereOnce) {
  std::vector<std::atomic<int>> seen(GetParam());

  run_team([&](TeamMember& member) {
    EXPECT_EQ(member.count(), GetParam());
    ++seen[member.index()];
  });

  for (const auto& times : seen) {
    EXPECT_EQ(times, 1);
  }
}

TEST_P(ThreadTeamTest, NobodyIsAPhaseAhead) {
  constexpr int kPhases = 1000;
  std::atomic<int> arrived = 0;
  std::atomic<int> wrong = 0;

  run_team([&](TeamMember& member) {
    for (int phase = 1; phase <= kPhases; ++phase) {
      ++arrived;
      member.meet();
      wrong += arrived != phase * GetParam();
      member.meet();
    }
  });

  EXPECT_EQ(wrong, 0);
}

TEST_P(ThreadTeamTest, OneWhoComesLateIsWaitedFor) {
  std::atomic<bool> written = false;
  std::atomic<int> wrong = 0;

  run_team([&](TeamMember& member) {
    if (member.index() == 0) {
      // Much longer than others spin.
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
      written = true;
    }
    member.meet();
    wrong += !written;
  });

  EXPECT_EQ(wrong, 0);
}

TEST_P(ThreadTeamTest, EveryTaskOfEachPhaseIsDoneOnce) {
  constexpr int64_t kTasks = 100;
  std::vector<std::atomic<int>> done(GetParam() * kTasks);

  run_team([&](TeamMember& member) {
    for (int phase = 0; phase < 3; ++phase) {
      member.work_off(kTasks, [&](int64_t share, int64_t task) {
        ++done[share * kTasks + task];
      });
      member.meet();
    }
  });

  for (const auto& times : done) {
    EXPECT_EQ(times, 3);
  }
}

TEST_P(ThreadTeamTest, EveryChannelIsInOneTask) {
  const std::vector<int64_t> products = {1, 0, 64, 896, 129281};
  std::vector<std::vector<std::atomic<int>>> seen;
  ChannelTasks tasks;
  for (const int64_t channels : products) {
    seen.emplace_back(channels);
    tasks.add(channels, /*weights_per_channel=*/1280);
  }

  run_team([&](TeamMember& member) {
    tasks.run(member, [&](int64_t product, int64_t begin, int64_t end) {
      EXPECT_LT(begin, end);
      for (int64_t i = begin; i < end; ++i) {
        ++seen[product][i];
      }
    });
  });

  for (const auto& channels : seen) {
    for (const auto& times : channels) {
      ASSERT_EQ(times, 1);
    }
  }
}

TEST_P(ThreadTeamTest, ATeamInsideOfATeamIsOneThread) {
  std::atomic<int> members = 0;

  run_team([&](TeamMember&) {
    run_team([&](TeamMember& inner) {
      inner.meet();
      members += static_cast<int>(inner.count());
    });
  });

  EXPECT_EQ(members, GetParam());
}

INSTANTIATE_TEST_SUITE_P(Threads, ThreadTeamTest, ::testing::Values(1, 2, 5));

} // namespace
} // namespace microfiche::kernels
