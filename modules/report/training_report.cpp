#include "report/training_report.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "analysis/training_metrics.h"
#include "core/error.h"
#include "core/files.h"
#include "core/json.h"
#include "core/plural.h"
#include "core/table.h"
#include "report/html.h"

namespace microfiche::report {

namespace fs = std::filesystem;

namespace {

/// More points would not be visible in a figure.
constexpr size_t kMaxPoints = 400;

/// Dashes that distinguish lines without markers.
constexpr std::array kDashes = {"", "7 3", "2 3", "9 3 2 3"};

/// Averages neighbouring points, so that at most `kMaxPoints` are left.
std::vector<ChartPoint> downsample(const std::vector<ChartPoint>& points) {
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

using Lines = std::map<std::string, std::vector<ChartPoint>>;

/// The curves of one training.
struct TrainingHistory {
  std::string name;
  int64_t steps = 0;
  Lines losses;
  Lines precision;

  /// Labels of the lines of `precision`, with their compression ratios.
  std::map<std::string, std::string> labels;

  /// Precision over compression ratio in the last evaluation, by mode and text.
  Lines last_precision;
};

void add_losses(
    const analysis::TrainingMetrics& row,
    TrainingHistory& history) {
  for (const char* name :
       {"loss", "reading_loss", "glyph_loss", "balance_loss"}) {
    const auto value = row.values.find(name);
    if (value != row.values.end() && value->second != 0) {
      history.losses[name].push_back(
          {static_cast<double>(row.step), value->second});
    }
  }
}

void add_evaluation(
    const analysis::TrainingMetrics& row,
    TrainingHistory& history) {
  history.last_precision.clear();
  for (const auto& score : row.evaluation) {
    const auto kind = concat(score.mode, ", ", score.text);
    const auto density = exact(score.asked_density) + " characters/token";
    const auto& ratio = score.compression_ratio;
    const auto name = concat(kind, ", ", density);
    const auto label = ratio
        ? concat(kind, ", ", fixed(*ratio, 1), "x (", density, ")")
        : name;
    history.labels[name] = label;
    ChartPoint point{
        static_cast<double>(row.step),
        score.precision,
        std::pair(score.low, score.high),
        concat(label, ", step ", row.step, ": ", fixed(score.precision, 3))};
    history.precision[name].push_back(point);
    if (ratio) {
      point.x = *ratio;
      history.last_precision[kind].push_back(point);
    }
  }
}

TrainingHistory read_history(const fs::path& folder) {
  TrainingHistory history;
  history.name = fs::weakly_canonical(folder).filename().string();
  for (const auto& row : analysis::read_training_metrics(folder)) {
    history.steps = std::max(history.steps, row.step);
    add_losses(row, history);
    if (!row.evaluation.empty()) {
      add_evaluation(row, history);
    }
  }
  return history;
}

Chart make_chart(
    const std::string& title,
    const ChartAxis& x,
    const ChartAxis& y,
    const Lines& lines,
    Marker marker) {
  Chart chart;
  chart.title = title;
  chart.x = x;
  chart.y = y;
  int colour = 0;
  for (const auto& [name, points] : lines) {
    auto series = styled_series(colour++, name);
    if (marker == Marker::kNone) {
      series.marker = marker;
      series.dashes = kDashes[chart.series.size() % kDashes.size()];
    }
    series.points = marker == Marker::kNone ? downsample(points) : points;
    chart.series.push_back(std::move(series));
  }
  return chart;
}

std::string label_of(const TrainingHistory& history, const std::string& name) {
  const auto label = history.labels.find(name);
  return label == history.labels.end() ? name : label->second;
}

/// Groups lines into charts: one chart for one training, else one chart per
/// name with one line per training.
std::map<std::string, Lines> group_into_charts(
    const std::vector<TrainingHistory>& histories,
    Lines TrainingHistory::*lines,
    const std::string& title) {
  std::map<std::string, Lines> charts;
  std::map<std::string, std::string> titles;
  for (const auto& history : histories) {
    for (const auto& [name, points] : history.*lines) {
      const auto label = label_of(history, name);
      if (histories.size() == 1) {
        charts[title][label] = points;
      } else {
        // Ratios differ slightly between trainings; the title has the first
        // one.
        titles.emplace(name, concat(title, ": ", label));
        charts[titles.at(name)][history.name] = points;
      }
    }
  }
  return charts;
}

Lines last_precision_lines(const std::vector<TrainingHistory>& histories) {
  Lines lines;
  for (const auto& history : histories) {
    for (const auto& [kind, points] : history.last_precision) {
      lines[histories.size() == 1 ? kind : concat(history.name, ", ", kind)] =
          points;
    }
  }
  return lines;
}

/// Reads the histories and numbers equal names.
std::vector<TrainingHistory> read_histories(
    const std::vector<fs::path>& folders) {
  std::vector<TrainingHistory> histories;
  std::map<std::string, int64_t> seen;
  for (const auto& folder : folders) {
    auto history = read_history(folder);
    const int64_t count = ++seen[history.name];
    if (count > 1) {
      history.name += concat(" (", count, ")");
    }
    histories.push_back(std::move(history));
  }
  return histories;
}

/// The fields that differ between the configs, with one column per training.
Table differing_fields(
    const std::vector<fs::path>& folders,
    const std::vector<TrainingHistory>& histories) {
  std::vector<Json> configs;
  std::set<std::string> fields;
  Table table;
  table.header = {"field"};
  for (size_t i = 0; i < folders.size(); ++i) {
    const auto file = folders[i] / "config.json";
    configs.push_back(
        fs::exists(file) ? read_json_file(file).flatten() : Json::object());
    for (const auto& [field, value] : configs.back().items()) {
      fields.insert(field);
    }
    table.header.push_back(histories[i].name);
  }
  for (const auto& field : fields) {
    std::vector<std::string> row = {field.substr(1)};
    for (const auto& config : configs) {
      const auto value = config.find(field);
      row.push_back(value == config.end() ? "" : value->dump());
    }
    if (std::set<std::string>(row.begin() + 1, row.end()).size() > 1) {
      table.rows.push_back(std::move(row));
    }
  }
  return table;
}

TrainingCurves make_curves(const std::vector<TrainingHistory>& histories) {
  const ChartAxis steps{.label = "step"};
  const ChartAxis precision{
      .label = "1 \u2212 normalised edit distance",
      .range = std::pair(0.0, 1.0)};
  TrainingCurves curves;
  for (const auto& history : histories) {
    curves.steps = std::max(curves.steps, history.steps);
  }
  for (const auto& [title, lines] :
       group_into_charts(histories, &TrainingHistory::losses, "Losses")) {
    curves.losses.push_back(
        make_chart(title, steps, {.label = "loss"}, lines, Marker::kNone));
  }
  for (const auto& [title, lines] : group_into_charts(
           histories, &TrainingHistory::precision, "Held-out pages")) {
    curves.precision.push_back(
        make_chart(title, steps, precision, lines, Marker::kCircle));
  }
  curves.last_precision = make_chart(
      "Precision over compression ratio",
      {.label = "compression ratio (text tokens per vision token)"},
      precision,
      last_precision_lines(histories),
      Marker::kCircle);
  return curves;
}

std::string figures(
    const std::string& name,
    const std::vector<Chart>& charts,
    const char* caption) {
  std::string html;
  for (size_t i = 0; i < charts.size(); ++i) {
    if (!charts[i].series.empty()) {
      html += figure_html(concat(name, "_", i + 1), charts[i], caption);
    }
  }
  return html;
}

std::string file_html(const fs::path& file, const std::string& heading) {
  return !fs::exists(file) ? ""
                           : collapsible_html(
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

TrainingCurves read_training_curves(const std::vector<fs::path>& folders) {
  return make_curves(read_histories(folders));
}

std::string html_training_report(const std::vector<fs::path>& folders) {
  const auto histories = read_histories(folders);
  const auto curves = make_curves(histories);
  std::string names;
  std::string provenance;
  for (size_t i = 0; i < folders.size(); ++i) {
    const auto& name = histories[i].name;
    names += (i == 0 ? "" : ", ") + name;
    provenance += file_html(
        folders[i] / "environment.json", concat("Environment of ", name));
    provenance +=
        file_html(folders[i] / "config.json", concat("Config of ", name));
  }
  const auto differences = differing_fields(folders, histories);
  return html_document(
      "Training: " + names,
      concat(
          "<p class=\"lead\">",
          count_of(curves.steps, "step"),
          folders.size() > 1 ? " in the longest" : "",
          ".</p>\n",
          figures(
              "held_out_pages",
              curves.precision,
              "Pages of held-out text read greedily, means with bootstrap "
              "95 % intervals."),
          figures(
              "precision_over_ratio",
              {curves.last_precision},
              "The last evaluation: text tokens by DeepSeek-OCR's tokenizer."),
          figures(
              "losses",
              curves.losses,
              "Training losses, means over neighbouring steps."),
          differences.rows.empty() ? ""
                                   : "<h2>Differences of the configs</h2>\n" +
                  table_html("Differences of the configs", differences),
          "<h2>Provenance</h2>\n",
          provenance));
}

} // namespace microfiche::report
