#include "report/report.h"

#include <map>

#include "core/error.h"

namespace microfiche::report {
namespace {

void number_equal_names(std::vector<analysis::RunAnalysis>& runs) {
  std::map<std::string, int> seen;
  for (auto& run : runs) {
    const int number = ++seen[run.name];
    if (number > 1) {
      run.name += concat(" ", number);
    }
  }
}

} // namespace

Report make_report(
    std::vector<analysis::RunAnalysis> runs,
    const analysis::RunComparison& comparison) {
  number_equal_names(runs);
  auto sections = make_sections(runs, comparison);
  return {std::move(runs), std::move(sections)};
}

} // namespace microfiche::report
