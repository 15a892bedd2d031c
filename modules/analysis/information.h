#pragma once

#include <vector>

#include "core/table.h"
#include "analysis/cell_samples.h"
#include "metrics/bootstrap.h"

namespace microfiche::analysis {

/// Tokens at whose place the model was about as sure.
struct ReliabilityBin {
  /// Of the confidence, [lower, upper); the last one with its end.
  double lower = 0;
  double upper = 0;
  int64_t tokens = 0;

  /// Means over the tokens: how sure it was, and how often right.
  double confidence = 0;
  double accuracy = 0;
};

/// What the pages of a cell told the model of their text, at every token of the
/// reference with those before it given (teacher forcing).
struct CellInformation {
  sweep::Cell cell;
  int64_t pages = 0;

  /// Means over pages of the bits that a character of the reference costs, with
  /// the page and from the prompt alone, and their difference, which is what
  /// the page told.
  metrics::Interval bits_with_page;
  metrics::Interval bits_without_page;
  metrics::Interval bits_told;

  std::vector<ReliabilityBin> reliability;

  /// Expected calibration error: the mean over tokens of how far confidence and
  /// accuracy of their bin lie apart.
  double calibration_error = 0;
};

/// The cells of a run for which log-likelihoods were asked.
///
/// Source: Guo et al., "On Calibration of Modern Neural Networks",
/// arXiv:1706.04599, section 2, with its 15 bins of equal width.
std::vector<CellInformation> compute_information(const sweep::Run& run);

/// A row a cell.
Table information_table(const std::vector<CellInformation>& cells);

/// A row a bin, for the reliability diagram.
Table reliability_table(const std::vector<CellInformation>& cells);

} // namespace microfiche::analysis
