#include "analysis/run_tables.h"

#include <algorithm>

#include "core/files.h"
#include "analysis/costs.h"
#include "analysis/effects.h"
#include "analysis/information.h"
#include "analysis/paper_comparison.h"

namespace microfiche::analysis {
namespace {

bool reads_fox(const sweep::SweepConfig& config) {
  return config.sources.empty() && config.texts.front().starts_with("fox_en:");
}

} // namespace

std::vector<NamedTable> run_tables(const SummarizedRun& run) {
  std::vector<NamedTable> tables;
  const auto add = [&](NamedTable table) {
    if (!table.table.rows.empty()) {
      tables.push_back(std::move(table));
    }
  };
  if (reads_fox(run.run.config)) {
    add(
        {"paper",
         "Set-of-words precision beside DeepSeek-OCR's Table 2",
         paper_comparison(run.summary)});
  }
  add(
      {"effects",
       concat(
           "What the conditions did to ",
           run.summary.headline,
           ": gap to the same pages untouched, and skill above a floor"),
       effects_table(effects_of(run.run, run.summary))});
  const auto information = information_of(run.run);
  add(
      {"information",
       "Bits per character of the reference with the page and without",
       information_table(information)});
  add({"reliability", "", reliability_table(information), false});
  add({"costs", "What a page costs", costs_table(costs_of(run.run))});
  return tables;
}

void write_tables(const SummarizedRun& run) {
  for (const auto& table : run_tables(run)) {
    write_file(run.run.folder / (table.name + ".csv"), to_csv(table.table));
  }
  for (const auto& sample : run.run.samples) {
    if (sample.collected) {
      auto cell = sweep::name_of(sample.cell);
      std::replace(cell.begin(), cell.end(), '/', '_');
      const auto folder = run.run.folder / "predictions" / cell;
      std::filesystem::create_directories(folder);
      write_file(
          folder /
              std::filesystem::path(*sample.collected).replace_extension(".md"),
          sample.prediction);
    }
  }
}

} // namespace microfiche::analysis
