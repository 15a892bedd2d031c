#include "report/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>

#include "analysis/cell_labels.h"
#include "core/crypto.h"
#include "core/error.h"
#include "core/files.h"
#include "metrics/interval_text.h"
#include "report/html.h"
#include "report/report_text.h"
#include "report/write_report.h"
#include "tests/sweep/small_sweep.h"

namespace microfiche::report {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::ThrowsMessage;
using tests::TemporaryFolder;

class ReportTest : public ::testing::Test {
 protected:
  ReportTest() {
    sweep::run_with_oracle(sweep::small_sweep(), folder.path());
    run = analysis::analyze_run(folder.path());
    write_run_report(make_report({run}));
    html = read_file(folder.path() / "report.html");
  }

  /// The JSON in a script element of the report.
  Json block(const std::string& id) const {
    const auto begin = html.find('>', html.find("id=\"" + id + "\"")) + 1;
    return Json::parse(
        html.substr(begin, html.find("</script>", begin) - begin));
  }

  TemporaryFolder folder;
  analysis::RunAnalysis run;
  std::string html;
};

TEST_F(ReportTest, TheRunFolderIsComplete) {
  for (const char* name :
       {"config.json",
        "environment.json",
        "samples.jsonl",
        "summary.json",
        "summary.csv",
        "report.html",
        "report.md",
        "charts/curve.svg",
        "charts/conditions.svg",
        "charts/seconds.svg",
        "charts/kv_cache.svg"}) {
    EXPECT_TRUE(std::filesystem::exists(folder.path() / name)) << name;
  }
}

TEST_F(ReportTest, LoadsNothingFromElsewhere) {
  const std::regex outside(
      R"re((src|href)="(?!data:|#)|url\((?!data:)|@import|fetch\()re");

  EXPECT_FALSE(std::regex_search(html, outside));
  EXPECT_THAT(html, HasSubstr("default-src 'none'"));
}

TEST_F(ReportTest, EveryCellHasARow) {
  for (const auto& cell : run.summary.cells) {
    const auto& score =
        metrics::find_metric(cell.metrics, run.summary.headline);
    EXPECT_THAT(
        html,
        HasSubstr("<td>" + analysis::short_length_label(cell.cell) + "</td>"));
    EXPECT_THAT(
        html, HasSubstr("<td>" + metrics::interval_text(score) + "</td>"));
  }
}

TEST_F(ReportTest, TheCsvDownloadEqualsTheFile) {
  const std::string begin =
      "download=\"summary.csv\" href=\"data:text/csv;charset=utf-8;base64,";
  const auto at = html.find(begin);
  ASSERT_NE(at, std::string::npos);

  const auto encoded = html.substr(
      at + begin.size(), html.find('"', at + begin.size()) - at - begin.size());

  EXPECT_EQ(encoded, base64_encode(read_file(folder.path() / "summary.csv")));
}

TEST_F(ReportTest, WarnsAboutFewPages) {
  EXPECT_THAT(html, HasSubstr("<p class=\"note\">Fewer than 30 pages"));
  EXPECT_THAT(html, HasSubstr("random_letters (n = 5)"));
}

TEST_F(ReportTest, RunsOfTheSameNameGetNumbers) {
  const auto report = make_report({run, run});

  EXPECT_EQ(report.runs[1].name, run.name + " 2");
}

TEST_F(ReportTest, ContainsTheRowsBehindTheCurve) {
  const auto rows = block("rows");

  ASSERT_EQ(rows.size(), 15u);
  EXPECT_EQ(rows[0]["id"], run.run.samples[0].id);
  EXPECT_EQ(
      rows[0]["metrics"]["edit_similarity"],
      metrics::metric_value(run.run.samples[0].metrics, "edit_similarity"));
  EXPECT_EQ(block("summary").begin().value()["cells"].size(), 3u);
}

TEST_F(ReportTest, TheGalleryShowsPicturesAndDifferences) {
  const std::regex picture(
      "<img alt=\"page [^\"]*\" src=\"data:image/png;base64,");
  const auto pictures = std::distance(
      std::sregex_iterator(html.begin(), html.end(), picture),
      std::sregex_iterator());

  EXPECT_EQ(pictures, 3);
  EXPECT_THAT(html, HasSubstr("<del class=\"s\">"));
}

TEST_F(ReportTest, StatesThatThePaperIsAnotherModel) {
  EXPECT_THAT(html, HasSubstr("another model on other text"));
  EXPECT_THAT(html, HasSubstr("data-x=\"19.7\" data-y=\"0.591\""));
}

TEST_F(ReportTest, ModelTextIsEscaped) {
  run.run.samples[0].reading.text = "<script>alert(1)</script>";
  run.run.config.title = "unused";
  run.summary.title = "<b>title";

  const auto hostile = html_report(make_report({run}));

  EXPECT_THAT(hostile, Not(HasSubstr("<script>alert")));
  EXPECT_THAT(hostile, Not(HasSubstr("<b>title")));
}

TEST_F(ReportTest, SeveralRunsShareOnePlot) {
  auto other = run;
  other.name = "other";

  const auto both = html_report(make_report({run, other}));

  EXPECT_THAT(both, HasSubstr("Cells: other"));
  EXPECT_THAT(both, HasSubstr(">other: random letters</text>"));
}

TEST_F(ReportTest, TheMarkdownHasTableAndPicture) {
  const auto markdown = read_file(folder.path() / "report.md");

  EXPECT_THAT(markdown, HasSubstr("](charts/curve.svg)"));
  EXPECT_THAT(markdown, HasSubstr("| nine | corpus | 5/token | 5 |"));
}

TEST_F(ReportTest, ReadingsOfACollectionBecomeOneFilePerImage) {
  run.run.samples[0].page.image_name = "page-7.jpg";
  run.run.samples[0].reading.text = "# Title";
  auto cell = sweep::name_of(run.run.samples[0].cell);
  std::replace(cell.begin(), cell.end(), '/', '_');

  write_run_report(make_report({run}));

  EXPECT_EQ(
      read_file(folder.path() / "predictions" / cell / "page-7.md"), "# Title");
}

TEST_F(ReportTest, TheTerminalShowsOnlyPrintedTables) {
  const auto text = terminal_report(run);

  EXPECT_THAT(text, HasSubstr("Costs per page"));
  EXPECT_THAT(text, Not(HasSubstr("reliability")));
}

TEST_F(ReportTest, TheHeadlineNamesTheEndsOfTheCurve) {
  const auto headline = headline_sentence(run.summary);

  EXPECT_THAT(headline, HasSubstr("Of 15 pages"));
  EXPECT_THAT(headline, HasSubstr("a wrong page scores"));
}

TEST(ReportErrorTest, ARunWithoutAFinishedPageIsRefused) {
  TemporaryFolder folder;
  sweep::begin_run(folder.path(), sweep::small_sweep(), Json::object());
  write_file(folder.path() / "samples.jsonl", "");

  EXPECT_THAT(
      [&] { analysis::analyze_run(folder.path()); },
      ThrowsMessage<InputError>(HasSubstr("no finished page yet")));
}

} // namespace
} // namespace microfiche::report
