#include "experiments/report/report.h"

#include <algorithm>
#include <cmath>

#include "core/config.h"
#include "core/error.h"
#include "core/files.h"
#include "experiments/analysis/summary_table.h"
#include "experiments/report/gallery.h"
#include "experiments/report/html.h"

namespace microfiche::experiments {

namespace fs = std::filesystem;

namespace {

constexpr const char* kPaperNote =
    "Grey: the paper's Table 2 (arXiv:2510.18234), another model on other text: "
    "DeepSeek-OCR, 3 billion parameters, on 100 scanned English pages of Fox. "
    "Its precision is not defined there; it agrees best with set-of-words "
    "precision. Its last Tiny point rests on 4 pages.";

std::string mode_list(const RunSummary& summary) {
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

std::string interval_html(const metrics::Interval& interval) {
  return concat(
      fixed(interval.mean, 3),
      "<br><small>[",
      fixed(interval.low, 3),
      ", ",
      fixed(interval.high, 3),
      "]</small>");
}

std::string floor_html(
    const metrics::MetricIntervals& intervals,
    const std::string& metric) {
  return intervals.empty()
      ? "\u2013"
      : fixed(metrics::find_metric(intervals, metric).mean, 3);
}

std::string figures_html(const std::vector<SummarizedRun>& runs) {
  std::vector<NamedSummary> named;
  for (const auto& run : runs) {
    named.push_back({run.name, run.summary});
  }
  const auto& headline = runs.front().summary.headline;
  std::vector<std::string> shown = {headline};
  for (const char* other : {"edit_similarity", "set_precision"}) {
    if (headline != other) {
      shown.emplace_back(other);
    }
  }
  shown.resize(2);
  const auto first = concat(
      "Means over pages with bootstrap 95&nbsp;% intervals. Ratios are text "
      "tokens by DeepSeek-OCR's tokenizer over nominal vision tokens. <b>Wrong "
      "page</b> (dashed): what readings of other pages of the cell score, the "
      "floor that knowing the language alone reaches. <b>Random letters</b> "
      "cannot be guessed: they are read or lost. ",
      escape_html(kPaperNote));
  const std::string second =
      "The same pages by another metric. A word counts as read only when all "
      "of its letters are; a reading of few words may have high precision, "
      "since precision does not ask for what is missing.";
  std::string html;
  for (const auto& metric : shown) {
    html += concat(
        "<figure>\n",
        to_svg(make_curve(named, metric)),
        "<figcaption>",
        metric == headline ? first : second,
        "</figcaption>\n</figure>\n");
  }
  return html;
}

std::string cells_html(const SummarizedRun& run) {
  const auto& summary = run.summary;
  const bool styles = run.run.config.styles.size() > 1;
  std::string html = concat(
      "<div class=\"card scroll\"><table class=\"sortable\">\n<thead><tr>"
      "<th class=\"t\">mode</th><th class=\"t\">text</th>",
      styles ? "<th class=\"t\">style</th>" : "",
      "<th class=\"t\">length</th><th>pages</th>"
      "<th>ratio</th><th>valid</th><th>positions</th><th class=\"w\">",
      metric_title(summary.headline),
      "</th><th class=\"w\">set precision</th><th>CER</th><th>WER</th>"
      "<th class=\"w\">wrong page</th><th>blank</th><th>skill</th><th>loops</th>"
      "<th>cut off</th><th>without loops</th><th>ms/page</th></tr></thead>\n"
      "<tbody>\n");
  for (const auto& cell : summary.cells) {
    const auto& seconds = cell.seconds;
    const auto mean = [&](const char* metric) {
      return fixed(metrics::find_metric(cell.metrics, metric).mean, 3);
    };
    html += concat(
        "<tr><td class=\"t\">",
        escape_html(cell.cell.mode),
        "</td><td class=\"t\">",
        escape_html(content_name(cell.cell)),
        styles ? "</td><td class=\"t\">" + escape_html(cell.cell.style) : "",
        "</td><td class=\"t\">",
        length_name(cell.cell),
        "</td><td>",
        cell.pages,
        "</td><td>",
        fixed(cell.ratios.nominal, 2),
        "\u00d7</td><td>",
        fixed(cell.ratios.valid, 2),
        "\u00d7</td><td>",
        fixed(cell.ratios.positions, 2),
        "\u00d7</td><td>");
    html += concat(
        interval_html(metrics::find_metric(cell.metrics, summary.headline)),
        "</td><td>",
        interval_html(metrics::find_metric(cell.metrics, "set_precision")),
        "</td><td>",
        mean("cer"),
        "</td><td>",
        mean("wer"),
        "</td><td>",
        floor_html(cell.wrong_page, summary.headline),
        "</td><td>",
        floor_html(cell.blank_page, summary.headline),
        "</td><td>",
        fixed(cell.skill, 3),
        "</td><td>",
        fixed(metrics::find_metric(cell.metrics, "loop_rate").mean, 2),
        "</td><td>",
        fixed(cell.length_stopped_rate, 2),
        "</td><td>",
        fixed(
            metrics::find_metric(cell.without_loops, summary.headline).mean, 3),
        " (",
        cell.pages_without_loops,
        ")</td><td>",
        fixed(
            1000 *
                (seconds.render + seconds.encode + seconds.prefill +
                 seconds.decode),
            1),
        "</td></tr>\n");
  }
  return html + "</tbody></table></div>\n";
}

/// One line a sample, without its texts.
Json rows_json(const std::vector<SummarizedRun>& runs) {
  Json rows = Json::array();
  for (const auto& run : runs) {
    for (const auto& sample : run.run.samples) {
      auto row = to_json(sample);
      row.erase("reference");
      row.erase("prediction");
      row["run"] = run.name;
      rows.push_back(std::move(row));
    }
  }
  return rows;
}

std::string run_html(const SummarizedRun& run, bool several) {
  const auto heading = [&](const char* what) {
    return concat(
        "<h2>", what, several ? ": " + escape_html(run.name) : "", "</h2>\n");
  };
  return concat(
      heading("Cells"),
      "<p class=\"dim\">A cell is one mode, text and length. Ratios by three "
      "counts of vision tokens: nominal (the paper's), valid (what a padded "
      "page covers), positions (with row newlines and separator). Skill is "
      "what is left of the score above the wrong-page floor; loops, the share "
      "of readings that end in a repetition, and the score without them (n); "
      "cut off, the share that the limit of new tokens ended.</p>\n",
      cells_html(run),
      heading("Pages"),
      "<p class=\"dim\">The first pages of each cell, not chosen.</p>\n"
      "<p class=\"key\"><span><del>missing</del></span><span><ins>added</ins>"
      "</span><span><del class=\"s\">written</del><ins class=\"s\">read"
      "</ins></span></p>\n",
      gallery_html(run),
      heading("Provenance"),
      "<details><summary><h3>Environment</h3></summary><pre>",
      escape_html(run.run.environment.dump(2)),
      "</pre></details>\n<details><summary><h3>Config</h3></summary><pre>",
      escape_html(write_config(run.run.config).dump(2)),
      "</pre></details>\n");
}

std::string provenance_line(const Json& environment) {
  const auto text = [](const Json& value) {
    return value.is_string() ? value.get<std::string>() : value.dump();
  };
  std::string line;
  const auto add = [&](const char* label, const Json& value) {
    if (!value.is_null()) {
      line += (line.empty() ? "" : " \u00b7 ") + concat(label, text(value));
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

} // namespace

std::string headline_of(const SummarizedRun& run) {
  const auto& summary = run.summary;
  const CellSummary* first = nullptr;
  const CellSummary* last = nullptr;
  for (const auto& cell : summary.cells) {
    if (cell.cell == untouched(cell.cell)) {
      first =
          !first || cell.ratios.nominal < first->ratios.nominal ? &cell : first;
      last = !last || cell.ratios.nominal > last->ratios.nominal ? &cell : last;
    }
  }
  if (first == nullptr) {
    return concat(summary.pages, " pages read.");
  }
  const auto describe = [&](const CellSummary& cell) {
    const auto& interval = metrics::find_metric(cell.metrics, summary.headline);
    return concat(
        fixed(interval.mean, 3),
        " [",
        fixed(interval.low, 3),
        ", ",
        fixed(interval.high, 3),
        "] at ",
        fixed(cell.ratios.nominal, 1),
        "\u00d7",
        cell.pages < metrics::kFewPages
            ? concat(" (only ", cell.pages, " pages)")
            : "");
  };
  auto sentence = concat(
      "Of ",
      summary.pages,
      " pages, ",
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

std::string html_report(const std::vector<SummarizedRun>& runs) {
  const bool several = runs.size() > 1;
  std::string body;
  for (const auto& run : runs) {
    body += concat(
        "<p class=\"lead\">",
        several ? "<b>" + escape_html(run.name) + "</b>: " : "",
        escape_html(headline_of(run)),
        "</p>\n<p class=\"dim\">mode ",
        escape_html(mode_list(run.summary)),
        " \u00b7 ",
        escape_html(provenance_line(run.run.environment)),
        "</p>\n<p class=\"dim\">",
        escape_html(notes_on(run.summary)),
        "</p>\n");
  }
  body += figures_html(runs);
  for (const auto& run : runs) {
    body += run_html(run, several);
  }
  Json summaries = Json::object();
  for (const auto& run : runs) {
    summaries[run.name] = to_json(run.summary);
  }
  body += concat(
      "<script type=\"application/json\" id=\"rows\">",
      json_for_script(rows_json(runs)),
      "</script>\n<script type=\"application/json\" id=\"summary\">",
      json_for_script(summaries),
      "</script>\n");
  return html_document(runs.front().summary.title, body);
}

std::string markdown_report(
    const std::vector<SummarizedRun>& runs,
    const std::string& curve) {
  std::string text = concat("# ", runs.front().summary.title, "\n\n");
  for (const auto& run : runs) {
    text += concat(
        runs.size() > 1 ? "**" + run.name + "**: " : "",
        headline_of(run),
        "\n\n");
  }
  text += concat(
      "![",
      metric_title(runs.front().summary.headline),
      " over compression ratio](",
      curve,
      ")\n\n",
      kPaperNote,
      "\n");
  for (const auto& run : runs) {
    text += concat(
        "\n",
        runs.size() > 1 ? "## " + run.name + "\n\n" : "",
        to_markdown(overview_table(run.summary)),
        "\n",
        notes_on(run.summary),
        "\n\n",
        provenance_line(run.run.environment),
        "\n");
  }
  return text;
}

void write_reports(const SummarizedRun& run) {
  const auto& folder = run.run.folder;
  write_json_file(folder / "summary.json", to_json(run.summary));
  write_file(folder / "summary.csv", to_csv(full_table(run.summary)));
  write_file(
      folder / "curve.svg",
      to_svg(make_curve({{run.name, run.summary}}, run.summary.headline)));
  write_file(folder / "report.html", html_report({run}));
  write_file(folder / "report.md", markdown_report({run}, "curve.svg"));
}

} // namespace microfiche::experiments
