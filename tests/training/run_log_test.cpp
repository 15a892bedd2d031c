#include "training/run_log.h"

#include "core/files.h"
#include "tests/support/folders.h"

#include <gtest/gtest.h>

namespace microfiche::training {
namespace {

TEST(RunLogTest, ForgetsLaterStepsAndHalfALine) {
  const tests::TemporaryFolder folder;
  const auto file = folder.path() / "metrics.jsonl";
  write_file(file, "{\"step\":1}\n{\"step\":2}\n{\"step\":3}\n{\"st");

  RunLog log(folder.path(), /*last_step=*/2);
  log.add({{"step", 3}}, {{"loss", 0.5}});

  EXPECT_EQ(read_file(file), "{\"step\":1}\n{\"step\":2}\n{\"step\":3}\n");
}

TEST(RunLogTest, TensorBoardGetsWhatTheLineSays) {
  const tests::TemporaryFolder folder;

  RunLog log(folder.path(), /*last_step=*/0);
  log.add({{"step", 1}}, {{"loss", 0.5}});

  std::string events;
  for (const auto& entry :
       std::filesystem::directory_iterator(folder.path() / "events")) {
    events += read_file(entry.path());
  }
  EXPECT_NE(events.find("loss"), std::string::npos);
}

} // namespace
} // namespace microfiche::training
