#include "report/report_text.h"

#include <algorithm>

#include "core/error.h"
#include "core/plural.h"
#include "metrics/interval_text.h"
#include "report/metric_points.h"

namespace microfiche::report {
namespace {

std::string mode_list(const analysis::RunSummary& summary) {
  std::vector<std::string> modes;
  for (const auto& cell : summary.cells) {
    if (std::find(modes.begin(), modes.end(), cell.cell.mode) == modes.end()) {
      modes.push_back(cell.cell.mode);
    }
  }
  std::string list;
  for (const auto& mode : modes) {
    list += (list.empty() ? "" : ", ") + mode;
  }
  return list;
}

} // namespace

std::string headline_sentence(const analysis::RunSummary& summary) {
  const analysis::CellSummary* first = nullptr;
  const analysis::CellSummary* last = nullptr;
  for (const auto& cell : summary.cells) {
    if (cell.cell == sweep::without_conditions(cell.cell)) {
      first =
          !first || cell.ratios.nominal < first->ratios.nominal ? &cell : first;
      last = !last || cell.ratios.nominal > last->ratios.nominal ? &cell : last;
    }
  }
  if (first == nullptr) {
    return count_of(summary.pages, "page") + " read.";
  }
  const auto describe = [&](const analysis::CellSummary& cell) {
    const auto& interval = metrics::find_metric(cell.metrics, summary.headline);
    return concat(
        metrics::interval_text(interval),
        " at ",
        fixed(cell.ratios.nominal, 1),
        "\u00d7",
        cell.pages < metrics::kFewPages
            ? concat(" (only ", count_of(cell.pages, "page"), ")")
            : "");
  };
  auto sentence = concat(
      "Of ",
      count_of(summary.pages, "page"),
      ", ",
      metric_title(summary.headline),
      " is ",
      describe(*first));
  if (last != first) {
    sentence += " and " + describe(*last) + " compression";
  }
  if (!last->wrong_page.empty()) {
    sentence += concat(
        "; a wrong page scores ",
        fixed(metrics::find_metric(last->wrong_page, summary.headline).mean, 3),
        last != first ? " there" : "");
  }
  return sentence + ".";
}

std::string provenance_line(const analysis::RunAnalysis& run) {
  const auto& environment = run.run.environment;
  const auto text = [](const Json& value) {
    return value.is_string() ? value.get<std::string>() : value.dump();
  };
  auto line = "mode " + mode_list(run.summary);
  const auto add = [&](const char* label, const Json& value) {
    if (!value.is_null()) {
      line += " \u00b7 " + concat(label, text(value));
    }
  };
  add("", environment.value("started", Json()));
  const auto build = environment.value("build", Json::object());
  add("commit ", build.value("commit", Json()));
  const auto model = environment.value("model", Json::object());
  add("model ", model.value("folder", Json()));
  add("on ", model.value("device", Json()));
  add("threads ", environment.value("threads", Json()));
  return line;
}

} // namespace microfiche::report
