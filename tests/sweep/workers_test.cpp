#include "sweep/run/sweep.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <functional>
#include <memory>
#include <thread>

#include "core/error.h"
#include "core/files.h"
#include "core/folder_lock.h"
#include "core/random.h"
#include "core/terminal.h"
#include "sweep/run_rows.h"
#include "tests/sweep/small_sweep.h"

// Processes that share a run, and what is left of those that are killed; see
// Note [Workers of one run].

namespace microfiche::sweep {
namespace {

using std::chrono::steady_clock;
using ::testing::AllOf;
using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using ::testing::ThrowsMessage;
using tests::TemporaryFolder;
using Seconds = std::chrono::duration<double>;

/// The rows of a run folder's own files, as they stand there, without what was
/// measured of the machine.
std::vector<Json> rows_in_file(const std::filesystem::path& folder) {
  std::vector<Json> rows;
  for (const char* name : {"samples.jsonl", "controls.jsonl"}) {
    for_each_line(folder / name, [&](auto line, const auto& where) {
      auto row = parse_json(line, where);
      row.erase("seconds");
      row.erase("peak_memory_bytes");
      rows.push_back(std::move(row));
    });
  }
  return rows;
}

/// Runs `action` in a process of its own, whose exit code is 0 when it returns.
pid_t start(const std::function<void()>& action) {
  const pid_t pid = ::fork();
  if (pid == 0) {
    verbosity().quiet = true;
    try {
      action();
    } catch (...) {
      std::_Exit(1);
    }
    std::_Exit(0);
  }
  return pid;
}

/// Whether a process ended by itself, with exit code 0. One that was killed did
/// not; anything else is a failure of the test.
bool ended_well(pid_t pid) {
  int status = 0;
  EXPECT_EQ(::waitpid(pid, &status, 0), pid);
  if (WIFSIGNALED(status)) {
    EXPECT_EQ(WTERMSIG(status), SIGKILL);
    return false;
  }
  EXPECT_EQ(WEXITSTATUS(status), 0);
  return true;
}

void sleep_for(Seconds time) {
  std::this_thread::sleep_for(time);
}

class WorkersTest : public ::testing::Test {
 protected:
  WorkersTest() {
    const auto begin = steady_clock::now();
    run(whole.path());
    undisturbed = steady_clock::now() - begin;
    expected = rows_in_file(whole.path());
  }

  /// Works on the sweep; each report is a line of the file "reports".
  void run(const std::filesystem::path& folder, const Worker& worker = {}) {
    run_sweep(
        sweep,
        [&](const Cell&) -> BatchReader& { return oracle; },
        count_words,
        {{"model", oracle.provenance()}},
        folder,
        worker,
        [&] { append_line(folder / "reports", "made"); });
  }

  std::vector<pid_t> start_workers(
      const std::filesystem::path& folder,
      int64_t count) {
    std::vector<pid_t> workers;
    for (int64_t rank = 0; rank < count; ++rank) {
      workers.push_back(start([&, rank] { run(folder, {rank, count}); }));
    }
    return workers;
  }

  const SweepConfig sweep = small_sweep();
  OracleReader oracle{sweep};
  TemporaryFolder whole;
  Seconds undisturbed{};
  std::vector<Json> expected;
};

TEST_F(WorkersTest, KilledAt200RandomMomentsARunEndsAsAnUndisturbedOne) {
  RandomStream random(1, "moments of death");
  int64_t kills = 0;

  while (kills < 200) {
    TemporaryFolder folder;
    for (bool done = false; !done;) {
      const pid_t pid = start([&] { run(folder.path()); });
      sleep_for(random.uniform() * 1.5 * undisturbed);
      ::kill(pid, SIGKILL);
      done = ended_well(pid);
      kills += !done;
    }
    ASSERT_EQ(rows_in_file(folder.path()), expected) << kills << " kills";
    EXPECT_FALSE(has_worker_rows(folder.path()));
  }
}

TEST_F(WorkersTest, SeveralWorkersEndInTheSameRowsAndOneReport) {
  for (const int64_t count : {2, 4}) {
    TemporaryFolder folder;

    for (const pid_t pid : start_workers(folder.path(), count)) {
      EXPECT_TRUE(ended_well(pid));
    }

    EXPECT_EQ(rows_in_file(folder.path()), expected) << count;
    // A first worker that begins after the others ended finds a finished run,
    // and makes its report again.
    EXPECT_THAT(
        read_file(folder.path() / "reports"), AnyOf("made\n", "made\nmade\n"))
        << count;
    EXPECT_FALSE(has_worker_rows(folder.path()));
  }
}

TEST_F(WorkersTest, WhatALostWorkerHadBegunIsTakenOverByTheOthers) {
  RandomStream random(2, "moments of death");
  for (int64_t round = 0; round < 10; ++round) {
    TemporaryFolder folder;
    const auto workers = start_workers(folder.path(), 3);
    const auto lost = static_cast<size_t>(random.below(3));

    sleep_for(random.uniform() * undisturbed);
    ::kill(workers[lost], SIGKILL);

    for (size_t i = 0; i < workers.size(); ++i) {
      EXPECT_TRUE(ended_well(workers[i]) || i == lost);
    }
    ASSERT_EQ(rows_in_file(folder.path()), expected) << "round " << round;
  }
}

TEST_F(WorkersTest, KilledWorkersLeaveWhatOneAloneFinishes) {
  RandomStream random(3, "moments of death");
  for (int64_t round = 0; round < 10; ++round) {
    TemporaryFolder folder;
    const auto workers = start_workers(folder.path(), 2);
    sleep_for(random.uniform() * undisturbed);
    for (const pid_t pid : workers) {
      ::kill(pid, SIGKILL);
      ended_well(pid);
    }

    run(folder.path());

    ASSERT_EQ(rows_in_file(folder.path()), expected) << "round " << round;
    EXPECT_FALSE(has_worker_rows(folder.path()));
  }
}

TEST_F(WorkersTest, AHalfWrittenRowOfALostWorkerIsReadAgain) {
  const auto text = read_file(whole.path() / "samples.jsonl");
  const size_t line = text.find('\n') + 1;
  for (const size_t kept : {line - 1, line, line + 1, line + 200}) {
    TemporaryFolder folder;
    begin_run(folder.path(), sweep, {{"model", oracle.provenance()}});
    write_file(folder.path() / "workers/0/samples.jsonl", text.substr(0, kept));

    for (const pid_t pid : start_workers(folder.path(), 2)) {
      EXPECT_TRUE(ended_well(pid));
    }

    EXPECT_EQ(rows_in_file(folder.path()), expected) << kept;
  }
}

TEST_F(WorkersTest, RowsThatTwoWorkersReadAreThereOnce) {
  TemporaryFolder folder;
  begin_run(folder.path(), sweep, {{"model", oracle.provenance()}});
  for (const char* worker : {"0", "1"}) {
    for (const char* name : {"samples.jsonl", "controls.jsonl"}) {
      write_file(
          folder.path() / "workers" / worker / name,
          read_file(whole.path() / name));
    }
  }

  EXPECT_THAT(read_run(folder.path()).samples, SizeIs(15));
  run(folder.path());

  EXPECT_EQ(rows_in_file(folder.path()), expected);
}

TEST_F(WorkersTest, ARunAtWorkCanBeLookedAt) {
  TemporaryFolder folder;
  begin_run(folder.path(), sweep, {{"model", oracle.provenance()}});
  const auto text = read_file(whole.path() / "samples.jsonl");
  write_file(
      folder.path() / "workers/3/samples.jsonl",
      text.substr(0, text.find('\n') + 1));

  const auto samples = read_run(folder.path()).samples;

  ASSERT_THAT(samples, SizeIs(1));
  EXPECT_EQ(samples[0].id, "nine/corpus/plain/5/0");
}

TEST_F(WorkersTest, AFinishedRunIsReportedAgainAndNotReadAgain) {
  for (const pid_t pid : start_workers(whole.path(), 2)) {
    EXPECT_TRUE(ended_well(pid));
  }

  EXPECT_EQ(read_file(whole.path() / "reports"), "made\nmade\n");
  EXPECT_EQ(rows_in_file(whole.path()), expected);
}

TEST_F(WorkersTest, AWorkerDoesNotJoinARunThatWantsToBeAlone) {
  TemporaryFolder folder;
  const FolderLock lock(folder.path());

  EXPECT_THAT(
      [&] {
        run(folder.path(), {0, 2});
      },
      ThrowsMessage<IoError>(
          AllOf(HasSubstr("another run is writing"), HasSubstr("-o"))));
}

} // namespace
} // namespace microfiche::sweep
