#include "analysis/run_analysis.h"

#include <utility>

#include "core/error.h"

namespace microfiche::analysis {

sweep::Run read_finished_pages(const std::filesystem::path& folder) {
  auto run = sweep::read_run(folder);
  check(
      !run.samples.empty(),
      (folder / "samples.jsonl").string(),
      ": no finished page yet");
  return run;
}

RunAnalysis analyze_run(sweep::Run run) {
  RunAnalysis analysis;
  analysis.name =
      std::filesystem::weakly_canonical(run.folder).filename().string();
  analysis.summary = summarize_run(run);
  analysis.effects = compute_effects(run, analysis.summary);
  analysis.information = compute_information(run);
  analysis.costs = compute_costs(run);
  analysis.questions = compute_question_outcomes(run);
  analysis.paper = compare_with_paper(analysis.summary);
  analysis.run = std::move(run);
  return analysis;
}

RunAnalysis analyze_run(const std::filesystem::path& folder) {
  return analyze_run(read_finished_pages(folder));
}

} // namespace microfiche::analysis
