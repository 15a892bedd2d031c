#include "memory/curve/curve_report.h"

#include "memory/curve/curve_charts.h"
#include "memory/curve/curve_tables.h"
#include "tests/memory/curve/answered_store.h"

#include <filesystem>
#include <set>

namespace microfiche::memory::curve {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Gt;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

/** The values of an attribute, in order. std::regex would recurse once per
 * character of a picture's data. */
std::vector<std::string> attribute_values(
    const std::string& html,
    const std::string& attribute) {
  const auto opening = " " + attribute + "=\"";
  std::vector<std::string> values;
  for (auto at = html.find(opening); at != std::string::npos;
       at = html.find(opening, at)) {
    at += opening.size();
    values.push_back(html.substr(at, html.find('"', at) - at));
  }
  return values;
}

class CurveReportTest : public tests::AnsweredStoreTest {
 protected:
  CurveReportTest() : store(open()) {
    fill(store, 6);
    id = plan(store, tests::uniform("nano-4"));
    answer(store, id, 1, "invented", "w9");
    answer(store, id, 2, "correct", "w2");
    answer(store, id, 5, "correct", "w5");
    for (const int64_t fact : {1, 2, 5}) {
      answer(store, id, fact, "correct", "", "text_search");
      answer(store, id, fact, "abstained", "", kFloorMethod);
    }
  }

  CurveReport report() {
    const auto all_series = answered_series(store);
    CurveOptions options;
    options.resamples = 20;
    return load_curve_report(
        store,
        all_series,
        all_series.size() - 1,
        options,
        /*timeline_pages=*/10);
  }

  Store store;
  int64_t id = 0;
};

TEST_F(CurveReportTest, TheTableHasARowPerAgeAndAColumnPerMethod) {
  const auto table = age_table(report().curve);

  EXPECT_THAT(
      table.header,
      ElementsAre(
          "age, pages",
          "modes",
          "questions",
          "recall",
          "skill",
          "text search",
          "wrong page (floor)"));
  ASSERT_THAT(table.rows, SizeIs(2));
  EXPECT_EQ(table.rows[1][0], "2");
  EXPECT_EQ(table.rows[1][3].substr(0, 5), "0.500");
  EXPECT_EQ(table.rows[1][1], "nano-4");
  EXPECT_EQ(table.rows[1][5], "1.000");
}

TEST_F(CurveReportTest, OtherProgramsReadWhatTheTableSays) {
  write_curve_report(report(), folder.path() / "out");

  const auto csv = read_file(folder.path() / "out/curve.csv");
  EXPECT_THAT(csv, HasSubstr("\ntranscription,pages,2,2,2,1,0.5,"));
  const auto json = read_json_file(folder.path() / "out/curve.json");
  EXPECT_EQ(json["methods"][0]["method"], "transcription");
  EXPECT_EQ(json["methods"][0]["ages"][1]["recall"], 0.5);
  EXPECT_EQ(json["methods"][0]["ages"][1]["outcomes"]["invented"], 1);
  EXPECT_EQ(json["floor"], 0);
  EXPECT_TRUE(json["sketch"]);
  EXPECT_TRUE(json["budget_front"].is_null());
  EXPECT_FALSE(std::filesystem::exists(folder.path() / "out/budget.csv"));
}

TEST_F(CurveReportTest, SeveralPlansHaveABudgetFront) {
  answer(store, plan(store, tests::uniform("nano-9")), 1, "correct", "w1");

  write_curve_report(report(), folder.path() / "out");

  EXPECT_THAT(
      read_file(folder.path() / "out/budget.csv"),
      HasSubstr("uniform (policy 2)"));
  EXPECT_THAT(
      read_file(folder.path() / "out/report.html"),
      HasSubstr("<h2 id=\"budget\""));
}

TEST_F(CurveReportTest, TheDocumentLoadsNothingAndItsLinksHaveTargets) {
  const auto html = curve_document(report());

  std::set<std::string> ids;
  for (const auto& id : attribute_values(html, "id")) {
    EXPECT_TRUE(ids.insert(id).second) << id;
  }
  EXPECT_THAT(ids, Contains("timeline"));
  auto targets = attribute_values(html, "href");
  for (const auto& source : attribute_values(html, "src")) {
    targets.push_back(source);
  }
  for (const auto& target : targets) {
    if (target.starts_with("#")) {
      EXPECT_EQ(ids.count(target.substr(1)), 1) << target;
    } else {
      EXPECT_TRUE(target.starts_with("data:")) << target.substr(0, 80);
    }
  }
  EXPECT_THAT(targets, SizeIs(Gt(6)));
}

TEST_F(CurveReportTest, APolicyOfAnotherProgramCannotWriteIntoTheDocument) {
  store.database().run(
      "UPDATE policy SET json = '{\"policy\": \"<script>x</script>\"}'");
  store.database().run("UPDATE fact SET kind = '<script>x</script>'");

  EXPECT_THAT(curve_document(report()), Not(HasSubstr("<script>x")));
}

TEST_F(CurveReportTest, TheOutcomesOfAnAgeAddUpToAll) {
  const auto figure = outcome_figure(report().curve);

  std::vector<double> sums(figure.chart.y.names.size());
  for (const auto& series : figure.chart.series) {
    for (const auto& point : series.points) {
      sums[static_cast<size_t>(point.y)] += point.x;
    }
  }
  EXPECT_THAT(sums, ElementsAre(1, 1));
}

TEST_F(CurveReportTest, ATerminalGetsTheSketchInWords) {
  const auto text = terminal_text(report());

  EXPECT_THAT(text, HasSubstr("uniform, 1000 positions"));
  EXPECT_THAT(text, HasSubstr("This curve is a sketch"));
  EXPECT_THAT(text, HasSubstr("text search"));
}

} // namespace
} // namespace microfiche::memory::curve
