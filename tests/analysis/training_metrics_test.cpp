#include "analysis/training_metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/error.h"
#include "core/files.h"
#include "tests/support/folders.h"

namespace microfiche::analysis {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

std::vector<TrainingMetrics> read(const std::string& lines) {
  const tests::TemporaryFolder folder;
  write_file(folder.path() / "metrics.jsonl", lines);
  return read_training_metrics(folder.path());
}

TEST(TrainingMetricsTest, ReadsStepsAndEvaluations) {
  const auto rows = read(
      "{\"step\":3,\"stage\":\"a\",\"loss\":2.5,\"glyph_loss\":null}\n"
      "{\"step\":3,\"evaluation\":[{\"mode\":\"m\",\"text\":\"corpus\","
      "\"asked_density\":5,\"compression_ratio\":1.25,\"precision\":0.5}]}\n");

  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0].step, 3);
  EXPECT_EQ(rows[0].values.at("loss"), 2.5);
  EXPECT_FALSE(rows[0].values.contains("glyph_loss"));
  ASSERT_EQ(rows[1].evaluation.size(), 1u);
  EXPECT_EQ(rows[1].evaluation[0].mode, "m");
  EXPECT_EQ(rows[1].evaluation[0].compression_ratio, 1.25);
}

TEST(TrainingMetricsTest, SkipsAnIncompleteLastLine) {
  EXPECT_EQ(read("{\"step\":1,\"loss\":2}\n{\"step\":2,\"lo").size(), 1u);
}

TEST(TrainingMetricsTest, AMistypedFieldIsNamedWithItsLine) {
  EXPECT_THAT(
      [] {
        read("{\"step\":1}\n{\"step\":1,\"evaluation\":[{\"pages\":\"x\"}]}\n");
      },
      ThrowsMessage<InputError>(
          HasSubstr("metrics.jsonl:2: evaluation.pages")));
}

TEST(TrainingMetricsTest, AFileWithoutACompleteLineIsRefused) {
  EXPECT_THAT(
      [] { read("{\"step\":1"); },
      ThrowsMessage<InputError>(HasSubstr("no step is logged yet")));
}

} // namespace
} // namespace microfiche::analysis
