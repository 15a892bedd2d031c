#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "analysis/costs.h"
#include "analysis/effects.h"
#include "analysis/information.h"
#include "analysis/paper_comparison.h"
#include "analysis/question_outcomes.h"
#include "analysis/summary.h"

namespace microfiche::analysis {

/// Everything that is computed from a run folder. Terminal output, CSV, HTML
/// and Markdown only format it.
struct RunAnalysis {
  /// The folder's name.
  std::string name;
  sweep::Run run;
  RunSummary summary;

  /// Empty without conditions.
  std::vector<ConditionEffect> effects;

  /// Empty without log-likelihoods.
  std::vector<CellInformation> information;
  std::vector<CellCost> costs;

  /// Empty without questions.
  std::vector<QuestionOutcomes> questions;

  /// Empty without a cell that the paper has.
  std::vector<PaperComparison> paper;
};

/// Reads and analyzes a run folder. Throws `InputError` for a folder without a
/// finished page.
RunAnalysis analyze_run(const std::filesystem::path& folder);

/// Analyzes a run that is already in memory.
RunAnalysis analyze_run(sweep::Run run);

/// Reads a run folder. Throws `InputError` for a folder without a finished
/// page.
sweep::Run read_finished_pages(const std::filesystem::path& folder);

} // namespace microfiche::analysis
