#pragma once

#include <string>
#include <vector>

#include "metrics/page_texts.h"

namespace microfiche::metrics {

/// The unit that a metric compares.
enum class MetricUnit {
  kCharacters,

  /// Not meaningful with a normalisation that removes spaces.
  kWords,
};

/// A way to score a page. docs/extending.md explains how to add one.
struct Metric {
  /// The key in files and on the command line.
  std::string name;

  /// The name in figures.
  std::string title;

  MetricUnit unit;

  bool higher_is_better;

  /// Whether the score lies in [0, 1].
  bool is_fraction;

  /// The score of one page. Finite for any two texts.
  double (*score)(const PageTexts& texts);
};

/// Every metric, in the order of tables and files.
const std::vector<Metric>& all_metrics();

/// The names of `all_metrics()`.
const std::vector<std::string>& metric_names();

/// The index of a metric in `all_metrics()`. Throws `UsageError` for an unknown
/// name.
size_t metric_index(const std::string& name);

/// The metric of that name. Throws `UsageError` for an unknown name.
const Metric& find_metric(const std::string& name);

} // namespace microfiche::metrics
