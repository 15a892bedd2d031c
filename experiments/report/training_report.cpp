#include "experiments/report/training_report.h"

#include <algorithm>
#include <array>
#include <map>

#include "core/error.h"
#include "core/files.h"
#include "core/json.h"
#include "core/table.h"
#include "experiments/report/html.h"

namespace microfiche::experiments {

namespace fs = std::filesystem;

namespace {

/// More points than a figure is wide say nothing more.
constexpr size_t kMaxPoints = 400;

/// What tells lines without markers apart but for their colours.
constexpr std::array kDashes = {"", "7 3", "2 3", "9 3 2 3"};

/// Neighbouring points averaged until at most `kMaxPoints` are left.
std::vector<ChartPoint> thin_out(const std::vector<ChartPoint>& points) {
  const size_t step = (points.size() + kMaxPoints - 1) / kMaxPoints;
  std::vector<ChartPoint> thinned;
  for (size_t begin = 0; begin < points.size(); begin += step) {
    const size_t end = std::min(begin + step, points.size());
    ChartPoint mean;
    for (size_t i = begin; i < end; ++i) {
      mean.x += points[i].x / static_cast<double>(end - begin);
      mean.y += points[i].y / static_cast<double>(end - begin);
    }
    thinned.push_back(mean);
  }
  return thinned;
}

/// The number in a field; absent for null, which stands for NaN.
std::optional<double> number_in(const Json& object, const char* field) {
  const auto found = object.find(field);
  return found != object.end() && found->is_number()
      ? std::optional(found->get<double>())
      : std::nullopt;
}

void add_losses(
    const Json& line,
    double step,
    std::map<std::string, std::vector<ChartPoint>>& losses) {
  for (const char* name :
       {"loss", "reading_loss", "glyph_loss", "balance_loss"}) {
    const auto value = number_in(line, name);
    if (value && *value != 0) {
      losses[name].push_back({step, *value, std::nullopt, ""});
    }
  }
}

void add_evaluation(
    const Json& rows,
    double step,
    std::map<std::string, std::vector<ChartPoint>>& precision) {
  for (const auto& row : rows) {
    const auto name = concat(
        row.value("mode", ""),
        ", ",
        row.value("text", ""),
        ", ",
        exact(row.value("asked_density", 0.0)),
        " characters/token");
    const double mean = row.value("precision", 0.0);
    precision[name].push_back(
        {step,
         mean,
         std::pair(row.value("low", mean), row.value("high", mean)),
         concat(name, ", step ", exact(step), ": ", fixed(mean, 3))});
  }
}

Chart make_chart(
    const std::string& title,
    const std::string& y_label,
    const std::map<std::string, std::vector<ChartPoint>>& lines,
    Marker marker) {
  Chart chart;
  chart.title = title;
  chart.x.label = "step";
  chart.y.label = y_label;
  int colour = 0;
  for (const auto& [name, points] : lines) {
    auto series = series_of_look(colour++, name);
    if (marker == Marker::kNone) {
      series.marker = marker;
      series.dashes = kDashes[chart.series.size() % kDashes.size()];
    }
    series.points = marker == Marker::kNone ? thin_out(points) : points;
    chart.series.push_back(std::move(series));
  }
  return chart;
}

std::string figure(const char* name, const Chart& chart, const char* caption) {
  return chart.series.empty() ? "" : figure_html(name, chart, caption);
}

std::string file_html(const fs::path& file, const char* heading) {
  return !fs::exists(file) ? ""
                           : folded_html(
                                 heading,
                                 concat(
                                     "<pre tabindex=\"0\">",
                                     escape_html(read_json_file(file).dump(2)),
                                     "</pre>"));
}

} // namespace

bool is_training_run(const fs::path& folder) {
  return fs::exists(folder / "metrics.jsonl");
}

TrainingCurves read_training_curves(const fs::path& folder) {
  const auto file = folder / "metrics.jsonl";
  auto text = read_file(file);
  text.resize(text.rfind('\n') + 1);
  std::map<std::string, std::vector<ChartPoint>> losses;
  std::map<std::string, std::vector<ChartPoint>> precision;
  TrainingCurves curves;
  int64_t number = 0;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = text.find('\n', begin);
    const auto where = concat(file.string(), ":", ++number);
    const auto line = parse_json(text.substr(begin, end - begin), where);
    begin = end + 1;
    check(
        line.is_object() && number_in(line, "step"),
        where,
        ": expected an object with \"step\"");
    const double step = line["step"].get<double>();
    curves.steps = std::max(curves.steps, static_cast<int64_t>(step));
    add_losses(line, step, losses);
    if (const auto rows = line.find("evaluation"); rows != line.end()) {
      add_evaluation(*rows, step, precision);
    }
  }
  check(number > 0, file.string(), ": no step is logged yet");
  curves.losses = make_chart("Losses", "loss", losses, Marker::kNone);
  curves.precision = make_chart(
      "Held-out pages",
      "1 \u2212 normalised edit distance",
      precision,
      Marker::kCircle);
  curves.precision.y.range = std::pair(0.0, 1.0);
  return curves;
}

std::string html_training_report(const fs::path& folder) {
  const auto curves = read_training_curves(folder);
  const auto name = fs::weakly_canonical(folder).filename().string();
  return html_document(
      "Training: " + name,
      concat(
          "<p class=\"lead\">",
          curves.steps,
          " steps.</p>\n",
          figure(
              "held_out_pages",
              curves.precision,
              "Pages of held-out text read greedily, means with bootstrap "
              "95 % intervals."),
          figure(
              "losses",
              curves.losses,
              "Losses as trained on, means over neighbouring steps."),
          "<h2>Provenance</h2>\n",
          file_html(folder / "environment.json", "Environment"),
          file_html(folder / "config.json", "Config")));
}

} // namespace microfiche::experiments
