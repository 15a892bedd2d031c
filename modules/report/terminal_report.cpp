#include "analysis/run_tables.h"
#include "analysis/summary_table.h"
#include "core/error.h"
#include "report/report.h"
#include "report/report_text.h"

namespace microfiche::report {

std::string terminal_report(const analysis::RunAnalysis& run) {
  auto text = concat(
      to_text(analysis::overview_table(run.summary)),
      "\n",
      headline_sentence(run.summary),
      "\n",
      analysis::summary_notes(run.summary),
      "\n");
  for (const auto& table : analysis::run_tables(run)) {
    if (table.is_printed) {
      text += concat("\n", table.title, "\n\n", to_text(table.table));
    }
  }
  return text;
}

} // namespace microfiche::report
