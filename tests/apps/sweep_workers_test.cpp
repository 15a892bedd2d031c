#include "tests/apps/command_line.h"

#include "core/json.h"
#include "tests/support/tiny_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <fstream>
#include <future>
#include <iterator>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

// The command sweep with several processes.

namespace microfiche {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;
using tests::Outcome;
namespace fs = std::filesystem;

constexpr const char* kManyBatches = R"({
  "texts": ["text.txt"], "modes": ["t4"], "characters_per_token": [3],
  "conditions": {"tokens": ["none", "permute", "quantize_int4"]},
  "pages_per_cell": 12, "batch_pages": 2, "pictures_per_cell": 1,
  "generation": {"max_new_tokens": 100, "loop_repeats": 0}})";

/// The text of a file in /proc; empty once the process has ended.
std::string read_if_there(const fs::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// Children of the process whose command line has `argument`.
std::vector<pid_t> children_of_the_program(const std::string& argument) {
  std::vector<pid_t> children;
  for (const auto& entry : fs::directory_iterator("/proc")) {
    const auto program = read_if_there(entry.path() / "cmdline");
    if (program.starts_with(MICROFICHE_PROGRAM) &&
        program.find(argument) != std::string::npos) {
      const auto pid = entry.path().filename().string();
      std::istringstream found(
          read_if_there(entry.path() / "task" / pid / "children"));
      for (pid_t child = 0; found >> child;) {
        children.push_back(child);
      }
    }
  }
  return children;
}

/// A sweep, and the run of a single process in the folder "alone".
class SweepWorkersTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder = new tests::TemporaryFolder();
    tests::write_tiny_model(folder->path() / "model");
    write_file(folder->path() / "sweep.json", kManyBatches);
    write_file(
        folder->path() / "text.txt",
        "It was the best of times, it was the worst of times, it was the age "
        "of wisdom, it was the age of foolishness");
    ASSERT_EQ(run("alone").exit_code, 0);
  }
  static void TearDownTestSuite() {
    delete folder;
  }

  static Outcome run(const std::string& output, const std::string& more = "") {
    return run_after("", output, more);
  }

  /// As above, after other shell commands.
  static Outcome run_after(
      const std::string& before,
      const std::string& output,
      const std::string& more = "") {
    return tests::run_program(
        folder->path(),
        "sweep sweep.json --model model --quiet -o " + output + " " + more,
        before);
  }

  /// The rows of a run's files, without measured times and machine.
  std::vector<Json> rows(const std::string& run) const {
    std::vector<Json> rows;
    for (const char* name : {"samples.jsonl", "controls.jsonl"}) {
      for_each_line(
          folder->path() / run / name, [&](auto line, const auto& where) {
            auto row = parse_json(line, where);
            row.erase("seconds");
            row.erase("peak_memory_bytes");
            rows.push_back(std::move(row));
          });
    }
    return rows;
  }

  inline static tests::TemporaryFolder* folder = nullptr;
};

TEST_F(SweepWorkersTest, WorkersGiveTheRowsOfOneProcess) {
  const auto together = run("together", "--workers 3");

  ASSERT_EQ(together.exit_code, 0) << together.err;
  EXPECT_EQ(together.err, "");
  EXPECT_THAT(together.out, HasSubstr("3/token"));
  EXPECT_THAT(rows("alone"), SizeIs(37));
  EXPECT_EQ(rows("together"), rows("alone"));
  EXPECT_FALSE(fs::exists(folder->path() / "together/workers"));
  EXPECT_TRUE(fs::exists(folder->path() / "together/report.html"));
}

TEST_F(SweepWorkersTest, RanksOfTorchrunShareTheWork) {
  const auto together = run_after(
      "export WORLD_SIZE=2; RANK=1 " MICROFICHE_PROGRAM
      " sweep sweep.json --model model --quiet -o ranks & RANK=0",
      "ranks");

  ASSERT_EQ(together.exit_code, 0) << together.err;
  EXPECT_EQ(rows("ranks"), rows("alone"));
}

TEST_F(SweepWorkersTest, AKilledWorkerIsNamedAndOthersDoItsWork) {
  auto started = std::async(
      std::launch::async, [] { return run("killed", "--workers 3"); });
  std::vector<pid_t> workers;
  while (workers.size() < 3 || !fs::exists(folder->path() / "killed/workers")) {
    if (workers.size() < 3) {
      workers = children_of_the_program("--workers");
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    ASSERT_EQ(
        started.wait_for(std::chrono::seconds(0)), std::future_status::timeout)
        << "ended before a worker could be killed";
  }
  ::kill(workers[1], SIGKILL);

  const auto killed = started.get();

  ASSERT_EQ(killed.exit_code, 0) << killed.err;
  EXPECT_THAT(
      killed.err, HasSubstr("worker 1 was killed by signal 9; the others"));
  EXPECT_EQ(rows("killed"), rows("alone"));
}

TEST_F(SweepWorkersTest, RefusesWorkersOfAWorker) {
  const auto both =
      run_after("export RANK=0 WORLD_SIZE=2;", "both", "--workers 2");
  const auto wrong = run_after("export RANK=2 WORLD_SIZE=2;", "wrong");

  EXPECT_EQ(both.exit_code, 2);
  EXPECT_THAT(both.err, HasSubstr("use one of the two"));
  EXPECT_EQ(wrong.exit_code, 2);
  EXPECT_THAT(wrong.err, HasSubstr("RANK must be below WORLD_SIZE"));
}

TEST_F(SweepWorkersTest, FailsIfNoWorkerFinishes) {
  const auto outcome = run("run", "--workers 2 --set modes='[\"none\"]'");

  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("no worker finished the run"));
}

} // namespace
} // namespace microfiche
