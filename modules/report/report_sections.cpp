#include "report/report_sections.h"

#include <algorithm>
#include <set>

#include "analysis/summary_table.h"
#include "core/error.h"
#include "report/acceptance_chart.h"
#include "report/comparison_chart.h"
#include "report/conditions_chart.h"
#include "report/cost_charts.h"
#include "report/curve.h"
#include "report/grid_charts.h"
#include "report/information_charts.h"
#include "report/metric_points.h"

namespace microfiche::report {
namespace {

constexpr const char* kCurveCaption =
    "Means over pages with bootstrap 95 % intervals. Ratios are text tokens by "
    "DeepSeek-OCR's tokenizer over nominal vision tokens. Wrong page (dashed): "
    "the score of readings of other pages of the cell, a floor that knowledge of "
    "the language alone reaches. Hollow: without the pages whose reading ends in a "
    "loop. Random letters cannot be guessed. Grey: the paper's Table 2 "
    "(arXiv:2510.18234), another model on other text: DeepSeek-OCR, 3 billion "
    "parameters, on 100 scanned English pages of Fox. The paper does not define "
    "its precision; set-of-words precision agrees best. Its last Tiny point has "
    "only 4 pages.";

constexpr const char* kAcceptanceCaption =
    "Pages were read with their reference as a draft, which changes no id. All "
    "ids after a wrong one in a block count as not accepted, which lowers the "
    "share. Where a draft is often wrong few ids are drafted, after ids that "
    "were right, which raises it above precision. costs.csv has the numbers.";

constexpr const char* kSecondCurveCaption =
    "The same pages by another metric. A word is correct only if all of its "
    "letters are. A reading of few words may have high precision, because "
    "precision ignores missing words.";

void append(std::vector<ReportFigure>& figures, ReportFigure figure) {
  figures.push_back(std::move(figure));
}

void append_if(
    std::vector<ReportFigure>& figures,
    const char* name,
    std::optional<Chart> chart,
    const char* caption) {
  if (chart) {
    append(figures, {name, std::move(*chart), caption});
  }
}

void append_if(std::vector<ReportSection>& sections, ReportSection section) {
  if (!section.figures.empty() || !section.tables.empty()) {
    sections.push_back(std::move(section));
  }
}

void add_table(ReportSection& section, ReportTable table) {
  if (!table.table.rows.empty()) {
    section.tables.push_back(std::move(table));
  }
}

/// The table with the named columns only.
Table select_columns(
    const Table& table,
    const std::vector<std::string>& wanted) {
  Table selected;
  selected.rows.resize(table.rows.size());
  for (size_t column = 0; column < table.header.size(); ++column) {
    const auto& name = table.header[column];
    if (std::find(wanted.begin(), wanted.end(), name) != wanted.end()) {
      selected.header.push_back(name);
      for (size_t row = 0; row < table.rows.size(); ++row) {
        selected.rows[row].push_back(table.rows[row][column]);
      }
    }
  }
  return selected;
}

ReportSection curve_section(const std::vector<analysis::RunAnalysis>& runs) {
  const auto& headline = runs.front().summary.headline;
  const std::string other =
      headline == "edit_similarity" ? "set_precision" : "edit_similarity";
  ReportSection section;
  section.heading = "Precision over compression ratio";
  append(section.figures, {"curve", make_curve(runs, headline), kCurveCaption});
  append(
      section.figures,
      {"curve_" + other, make_curve(runs, other), kSecondCurveCaption});
  append_if(
      section.figures,
      "acceptance",
      make_acceptance_chart(runs),
      kAcceptanceCaption);
  return section;
}

bool has_several_ratios(const std::vector<analysis::RunAnalysis>& runs) {
  return std::any_of(runs.begin(), runs.end(), [](const auto& run) {
    std::set<double> ratios;
    for (const auto* cell : cells_without_conditions(run.summary)) {
      ratios.insert(cell->ratios.nominal);
    }
    return ratios.size() > 1;
  });
}

ReportSection comparison_section(
    const std::vector<analysis::RunAnalysis>& runs,
    const analysis::RunComparison& comparison) {
  ReportSection section;
  section.heading = "Comparison, page by page";
  if (!comparison.cells.empty()) {
    section.text = concat(
        "First: ",
        runs[0].name,
        ". Second: ",
        runs[1].name,
        ". ",
        analysis::comparison_notes(comparison));
    append(
        section.figures,
        {"comparison",
         make_comparison_chart(comparison.cells, comparison.metric),
         "If an interval does not touch the dashed line, the difference is "
         "unlikely to be chance for that cell alone. Holm's p accounts for the "
         "number of cells."});
    add_table(
        section,
        {"Every cell",
         analysis::comparison_table(comparison.cells),
         /*collapsed=*/true});
  }
  return section;
}

ReportSection cells_section(const analysis::RunAnalysis& run) {
  const auto& summary = run.summary;
  ReportSection section;
  section.heading = "Cells";
  section.text =
      "A cell is one mode, text and length. Ratios use three counts of vision "
      "tokens: nominal (the paper's), valid (covered by a padded page), positions "
      "(with row newlines and separator). Skill: the score relative to the "
      "wrong-page floor. Loops: the share of readings that end in a repetition; "
      "the score without them has its number of pages. Cut off: the share of "
      "readings that ended at the limit of new tokens.";
  append_if(
      section.figures,
      "heat_map",
      make_heat_map(summary),
      "Hover over a tile for the number of pages, the interval, and the mean "
      "without looped pages.");
  const auto overview = analysis::overview_table(summary);
  add_table(
      section,
      {"Means by cell",
       select_columns(
           overview,
           {"mode",
            "text",
            "style",
            "length",
            "pages",
            "ratio",
            summary.headline,
            "wrong page",
            "skill",
            "loops",
            "without loops"})});
  add_table(section, {"All columns", overview, /*collapsed=*/true});
  return section;
}

ReportSection density_section(const analysis::RunAnalysis& run) {
  ReportSection section;
  section.heading = "Ratio or density";
  section.text =
      "The same cells over two axes. If the lines of several texts coincide, the "
      "axis explains precision; if not, something else matters as well. For one "
      "kind of text the axes differ only by a factor, the characters per text "
      "token.";
  append_if(
      section.figures,
      "density",
      make_density_chart(run.summary, DensityAxis::kCharactersPerToken),
      "Characters on the pages over nominal vision tokens.");
  append_if(
      section.figures,
      "ratio_by_text",
      make_density_chart(run.summary, DensityAxis::kCompressionRatio),
      "The same cells over text tokens per nominal vision token.");
  return section;
}

ReportSection conditions_section(const analysis::RunAnalysis& run) {
  ReportSection section;
  section.heading = "Conditions";
  section.text =
      "Changes of text, page or vision tokens, compared with the same pages "
      "untouched. A floor removes the whole page, so its score comes from guessing "
      "alone; skill is the untouched score relative to this floor.";
  append_if(
      section.figures,
      "conditions",
      make_conditions_chart(run.effects, run.summary),
      "Kinds of conditions from least to most harmful. Hover over a dot for the "
      "gap to the untouched pages and its p-value.");
  append_if(
      section.figures,
      "altered_words",
      make_altered_words_chart(run.effects),
      "Corrected: the model's knowledge of the language overrode the page.");
  add_table(
      section,
      {"Every condition",
       analysis::effects_table(run.effects),
       /*collapsed=*/true});
  return section;
}

ReportSection information_section(const analysis::RunAnalysis& run) {
  ReportSection section;
  section.heading = "Information from the page";
  section.text =
      "From the probability of each token of the reference, given the tokens "
      "before it. This involves no decoding, so loops and limits have no effect.";
  append_if(
      section.figures,
      "information",
      make_information_chart(run.information),
      "A model that was never trained without a page predicts worse without one, "
      "so the difference overestimates the information from the page.");
  append_if(
      section.figures,
      "calibration",
      make_reliability_diagram(run.information),
      "Bins with fewer than 30 tokens are not drawn; reliability.csv has them. "
      "ECE is the expected calibration error over 15 bins (arXiv:1706.04599).");
  add_table(
      section,
      {"Every cell",
       analysis::information_table(run.information),
       /*collapsed=*/true});
  return section;
}

ReportSection costs_section(const analysis::RunAnalysis& run) {
  const auto drawn = select_costs(run.costs);
  ReportSection section;
  section.heading = "Costs";
  section.text =
      "Fewer tokens do not always save time, because a page must be encoded first. "
      "Seconds are wall time on the machine named above; the time of a batch is "
      "shared evenly by its pages.";
  append(section.figures, {"seconds", make_seconds_chart(drawn), ""});
  append(
      section.figures,
      {"precision_over_time",
       make_precision_over_cost_chart(drawn, run.summary),
       ""});
  append(
      section.figures,
      {"kv_cache",
       make_cache_chart(drawn),
       "The text is counted in the model's own tokens."});
  add_table(
      section,
      {"Every cell", analysis::costs_table(run.costs), /*collapsed=*/true});
  return section;
}

ReportSection paper_section(const analysis::RunAnalysis& run) {
  ReportSection section;
  section.heading = "Comparison with the paper";
  add_table(
      section,
      {"Set-of-words precision and DeepSeek-OCR's Table 2",
       analysis::paper_table(run.paper)});
  return section;
}

} // namespace

std::vector<ReportSection> make_sections(
    const std::vector<analysis::RunAnalysis>& runs,
    const analysis::RunComparison& comparison) {
  std::vector<ReportSection> sections;
  append_if(sections, comparison_section(runs, comparison));
  const bool curve_first = has_several_ratios(runs);
  if (curve_first) {
    sections.push_back(curve_section(runs));
  }
  for (const auto& run : runs) {
    std::vector<ReportSection> own;
    append_if(own, paper_section(run));
    append_if(own, conditions_section(run));
    append_if(own, density_section(run));
    append_if(own, cells_section(run));
    append_if(own, information_section(run));
    append_if(own, costs_section(run));
    for (auto& section : own) {
      if (runs.size() > 1) {
        section.heading += ": " + run.name;
        for (auto& figure : section.figures) {
          figure.name = run.name + "_" + figure.name;
        }
      }
      sections.push_back(std::move(section));
    }
  }
  if (!curve_first) {
    sections.push_back(curve_section(runs));
  }
  return sections;
}

} // namespace microfiche::report
