#include "training/log/run_log.h"

#include "core/files.h"
#include "page/image_file.h"
#include "tests/support/folders.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace microfiche::training {
namespace {

using ::testing::HasSubstr;

TEST(RunLogTest, RemovesLaterStepsAndAnIncompleteLine) {
  const tests::TemporaryFolder folder;
  const auto file = folder.path() / "metrics.jsonl";
  write_file(file, "{\"step\":1}\n{\"step\":2}\n{\"step\":3}\n{\"st");

  RunLog log(folder.path(), /*last_step=*/2, /*evaluated_step=*/2);
  log.add({{"step", 3}}, {{"loss", 0.5}});

  EXPECT_EQ(read_file(file), "{\"step\":1}\n{\"step\":2}\n{\"step\":3}\n");
}

TEST(RunLogTest, RemovesAnEvaluationAfterTheLastCheckpoint) {
  const tests::TemporaryFolder folder;
  const auto file = folder.path() / "metrics.jsonl";
  write_file(
      file,
      "{\"step\":1,\"evaluation\":[]}\n{\"step\":2}\n"
      "{\"step\":2,\"evaluation\":[]}\n");

  RunLog log(folder.path(), /*last_step=*/2, /*evaluated_step=*/1);

  EXPECT_EQ(read_file(file), "{\"step\":1,\"evaluation\":[]}\n{\"step\":2}\n");
}

std::string events_of(const std::filesystem::path& folder) {
  std::string events;
  for (const auto& entry :
       std::filesystem::directory_iterator(folder / "events")) {
    events += read_file(entry.path());
  }
  return events;
}

TEST(RunLogTest, TensorBoardGetsPagesWithTheirText) {
  const tests::TemporaryFolder folder;
  EvaluatedPage page;
  page.name = "one/corpus/5/0";
  page.page = page::make_page(32, 16, {255, 255, 255});
  page.reference = "two\nlines";
  page.prediction = "two *lines";
  page.precision = 0.9;

  RunLog log(folder.path(), /*last_step=*/0, /*evaluated_step=*/0);
  log.add(1, Evaluation{.rows = {}, .shown = {page}});

  const auto events = events_of(folder.path());
  EXPECT_THAT(events, HasSubstr("page/one/corpus/5/0"));
  EXPECT_THAT(events, HasSubstr(page::encode_png(page.page)));
  EXPECT_THAT(events, HasSubstr("reading/one/corpus/5/0"));
  EXPECT_THAT(
      events,
      HasSubstr("**Reference**\n\n    two\n    lines\n\n"
                "**Prediction**, precision 0.900\n\n    two *lines\n\n"));
}

TEST(RunLogTest, TensorBoardGetsTheScalars) {
  const tests::TemporaryFolder folder;

  RunLog log(folder.path(), /*last_step=*/0, /*evaluated_step=*/0);
  log.add({{"step", 1}}, {{"loss", 0.5}});

  EXPECT_THAT(events_of(folder.path()), HasSubstr("loss"));
}

} // namespace
} // namespace microfiche::training
