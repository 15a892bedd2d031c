#pragma once

#include <vector>

#include "analysis/cell_samples.h"
#include "core/table.h"
#include "metrics/bootstrap.h"

namespace microfiche::analysis {

/// Tokens that the model predicted with similar confidence.
struct ReliabilityBin {
  /// Range of the confidence, [lower, upper); the last bin includes `upper`.
  double lower = 0;
  double upper = 0;
  int64_t tokens = 0;

  /// Means over the tokens: confidence, and share of correct predictions.
  double confidence = 0;
  double accuracy = 0;
};

/// The information that the pages of a cell give about their text, from the
/// probability of each token of the reference given the tokens before it
/// (teacher forcing).
struct CellInformation {
  sweep::Cell cell;
  int64_t pages = 0;

  /// Means over pages of the bits per character of the reference: with the
  /// page, with the prompt alone, and their difference, the information gained
  /// from the page.
  metrics::Interval bits_with_page;
  metrics::Interval bits_without_page;
  metrics::Interval bits_gained;

  std::vector<ReliabilityBin> reliability;

  /// Expected calibration error: the mean over tokens of the distance between
  /// confidence and accuracy of their bin.
  double calibration_error = 0;
};

/// Computes the information of the cells that have log-likelihoods.
///
/// Source: Guo et al., "On Calibration of Modern Neural Networks",
/// arXiv:1706.04599, section 2, with its 15 bins of equal width.
std::vector<CellInformation> compute_information(const sweep::Run& run);

/// One row per cell.
Table information_table(const std::vector<CellInformation>& cells);

/// One row per bin, for the reliability diagram.
Table reliability_table(const std::vector<CellInformation>& cells);

} // namespace microfiche::analysis
