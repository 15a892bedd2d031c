#include "report/training_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/error.h"
#include "core/files.h"
#include "tests/support/folders.h"

namespace microfiche::report {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::ThrowsMessage;
using tests::TemporaryFolder;

constexpr const char* kMetrics =
    R"({"step":1,"stage":"a","loss":5.0,"reading_loss":5.0,"glyph_loss":0.0}
{"step":2,"stage":"a","loss":4.0,"reading_loss":null,"glyph_loss":0.0}
{"step":2,"evaluation":[{"mode":"m","text":"corpus","asked_density":5,"compression_ratio":1.25,"precision":0.5,"low":0.4,"high":0.6}]}
{"step":3,"sta)";

class TrainingReportTest : public ::testing::Test {
 protected:
  TrainingReportTest() {
    write_file(folder.path() / "metrics.jsonl", kMetrics);
  }

  TemporaryFolder folder;
};

TEST_F(TrainingReportTest, LossesAreDrawnWithoutGapsZerosAndIncompleteLines) {
  const auto curves = read_training_curves({folder.path()});

  ASSERT_EQ(curves.losses.size(), 1u);
  const auto& series = curves.losses[0].series;
  ASSERT_EQ(series.size(), 2u);
  EXPECT_EQ(series[0].name, "loss");
  EXPECT_EQ(series[0].points.size(), 2u);
  EXPECT_EQ(series[1].points.size(), 1u);
  EXPECT_EQ(curves.steps, 2);
}

TEST_F(TrainingReportTest, EvaluationsAreDrawnWithTheirIntervals) {
  const auto curves = read_training_curves({folder.path()});

  ASSERT_EQ(curves.precision.size(), 1u);
  const auto& series = curves.precision[0].series[0];
  EXPECT_EQ(series.name, "m, corpus, 1.2x (5 characters/token)");
  EXPECT_EQ(series.points[0].interval, std::pair(0.4, 0.6));
}

TEST_F(TrainingReportTest, ALongRunIsAveraged) {
  std::string lines;
  for (int step = 0; step < 1000; ++step) {
    lines += concat("{\"step\":", step, ",\"loss\":", 1 + step % 2, "}\n");
  }
  write_file(folder.path() / "metrics.jsonl", lines);

  const auto points =
      read_training_curves({folder.path()}).losses[0].series[0].points;

  EXPECT_LE(points.size(), 400u);
  EXPECT_NEAR(points[10].y, 1.5, 0.2);
}

TEST_F(TrainingReportTest, TheReportHasBothFigures) {
  const auto html = html_training_report({folder.path()});

  EXPECT_THAT(html, HasSubstr("aria-label=\"Losses\""));
  EXPECT_THAT(html, HasSubstr("aria-label=\"Held-out pages\""));
  EXPECT_THAT(html, HasSubstr("default-src 'none'"));
}

TEST_F(TrainingReportTest, TheLastEvaluationIsDrawnOverTheCompressionRatio) {
  const auto curves = read_training_curves({folder.path()});

  const auto& series = curves.last_precision.series;
  ASSERT_EQ(series.size(), 1u);
  EXPECT_EQ(series[0].name, "m, corpus");
  EXPECT_EQ(series[0].points[0].x, 1.25);
  EXPECT_EQ(series[0].points[0].y, 0.5);
}

TEST_F(TrainingReportTest, SeveralTrainingsShareOneChartPerLoss) {
  const TemporaryFolder other;
  write_file(
      other.path() / "metrics.jsonl",
      "{\"step\":9,\"loss\":3.0}\n{\"step\":10,\"loss\":2.0}\n");

  const auto curves = read_training_curves({folder.path(), other.path()});

  EXPECT_EQ(curves.steps, 10);
  ASSERT_EQ(curves.losses.size(), 2u);
  EXPECT_EQ(curves.losses[0].title, "Losses: loss");
  ASSERT_EQ(curves.losses[0].series.size(), 2u);
  EXPECT_NE(curves.losses[0].series[0].name, curves.losses[0].series[1].name);
  ASSERT_EQ(curves.precision.size(), 1u);
  EXPECT_EQ(curves.precision[0].series.size(), 1u);
}

TEST_F(TrainingReportTest, EqualNamesGetNumbers) {
  const auto curves = read_training_curves({folder.path(), folder.path()});

  EXPECT_EQ(curves.losses[0].series.size(), 2u);
}

TEST_F(TrainingReportTest, ListsTheDifferencesOfConfigs) {
  const TemporaryFolder other;
  write_file(other.path() / "metrics.jsonl", kMetrics);
  write_file(folder.path() / "config.json", R"({"seed": 1, "workers": 2})");
  write_file(other.path() / "config.json", R"({"seed": 3, "workers": 2})");

  const auto html = html_training_report({folder.path(), other.path()});

  const auto table = html.substr(html.find("Differences of the configs"));
  const auto shown = table.substr(0, table.find("Provenance"));
  EXPECT_THAT(shown, HasSubstr("seed"));
  EXPECT_THAT(shown, Not(HasSubstr("workers")));
}

TEST_F(TrainingReportTest, AMalformedLineIsNamed) {
  write_file(folder.path() / "metrics.jsonl", "{\"step\":1}\n7\n");

  EXPECT_THAT(
      [&] { read_training_curves({folder.path()}); },
      ThrowsMessage<InputError>(HasSubstr("metrics.jsonl:2")));
}

} // namespace
} // namespace microfiche::report
