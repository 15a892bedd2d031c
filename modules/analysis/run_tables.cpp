#include "analysis/run_tables.h"

#include "core/error.h"

namespace microfiche::analysis {
namespace {

bool reads_fox(const sweep::SweepConfig& config) {
  return config.sources.empty() && config.texts.front().starts_with("fox_en:");
}

} // namespace

std::vector<NamedTable> run_tables(const RunAnalysis& analysis) {
  std::vector<NamedTable> tables;
  const auto add = [&](NamedTable table) {
    if (!table.table.rows.empty()) {
      tables.push_back(std::move(table));
    }
  };
  if (reads_fox(analysis.run.config)) {
    add(
        {"paper",
         "Set-of-words precision and DeepSeek-OCR's Table 2",
         paper_table(analysis.paper)});
  }
  add(
      {"questions",
       "Answers to questions about a page, with the 95 % interval of exact ones",
       question_table(analysis.questions)});
  add(
      {"effects",
       concat(
           "Effect of the conditions on ",
           analysis.summary.headline,
           ": gap to the same pages untouched, and skill above a floor"),
       effects_table(analysis.effects)});
  add(
      {"information",
       "Bits per character of the reference, with and without the page",
       information_table(analysis.information)});
  add({"reliability", "", reliability_table(analysis.information), false});
  add({"costs", "Costs per page", costs_table(analysis.costs)});
  return tables;
}

} // namespace microfiche::analysis
