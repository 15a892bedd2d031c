#include "report/gallery.h"

#include <filesystem>

#include "analysis/cell_labels.h"
#include "core/crypto.h"
#include "core/error.h"
#include "core/files.h"
#include "core/plural.h"
#include "core/table.h"
#include "report/html.h"
#include "report/metric_points.h"
#include "report/text_diff.h"

namespace microfiche::report {
namespace {

namespace fs = std::filesystem;

std::string page_html(
    const analysis::RunAnalysis& run,
    const sweep::Sample& sample) {
  const auto picture = sweep::picture_path(run.run.folder, sample);
  std::string image;
  if (fs::exists(picture)) {
    image = concat(
        "<img alt=\"page ",
        escape_html(sample.id),
        "\" src=\"data:image/png;base64,",
        base64_encode(read_file(picture)),
        "\">");
  }
  const double ratio = static_cast<double>(sample.page.text_tokens) /
      static_cast<double>(sample.reading.vision_tokens.nominal);
  return concat(
      "<div class=\"page\"><div>",
      image,
      "</div><div><div class=\"key dim\"><span>page ",
      sample.index,
      "</span><span>",
      fixed(metrics::metric_value(sample.metrics, run.summary.headline), 3),
      " ",
      metric_title(run.summary.headline),
      "</span><span>",
      count_of(sample.page.characters, "character"),
      ", ",
      count_of(sample.page.text_tokens, "text token"),
      " in ",
      count_of(sample.reading.vision_tokens.nominal, "vision token"),
      ": ",
      fixed(ratio, 1),
      "\u00d7</span><span>",
      escape_html(fs::path(sample.page.font).filename().string()),
      " ",
      fixed(sample.page.font_size_px, 1),
      " px</span><span>stopped by ",
      escape_html(sample.reading.stop),
      "</span></div><div class=\"text\">",
      diff_html(sample.page.reference, sample.reading.text),
      "</div></div></div>\n");
}

} // namespace

std::string gallery_html(const analysis::RunAnalysis& run) {
  std::string html;
  bool open = true;
  for (const auto& cell : run.summary.cells) {
    std::string pages;
    for (const auto& sample : run.run.samples) {
      if (sample.cell == cell.cell &&
          sample.index < run.run.config.pictures_per_cell) {
        pages += page_html(run, sample);
      }
    }
    if (pages.empty()) {
      continue;
    }
    html += concat(
        "<details",
        open ? " open" : "",
        "><summary><h3>",
        escape_html(cell.cell.mode),
        ", ",
        escape_html(analysis::content_label(cell.cell)),
        ", ",
        analysis::length_label(cell.cell),
        "</h3><span class=\"dim\">",
        fixed(cell.ratios.nominal, 1),
        "\u00d7, mean of ",
        count_of(cell.pages, "page"),
        " ",
        fixed(metrics::find_metric(cell.metrics, run.summary.headline).mean, 3),
        "</span></summary>\n",
        pages,
        "</details>\n");
    open = false;
  }
  for (const auto& blank : run.run.blanks) {
    html += concat(
        "<details><summary><h3>",
        escape_html(blank.mode),
        ", blank page</h3><span class=\"dim\">the reading of a page without text"
        "</span></summary><div class=\"page\"><div></div>"
        "<div class=\"text\">",
        escape_html(blank.prediction),
        "</div></div></details>\n");
  }
  return html;
}

} // namespace microfiche::report
