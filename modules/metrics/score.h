#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "metrics/metric.h"
#include "metrics/page_texts.h"
#include "metrics/profile.h"

namespace microfiche::metrics {

/// How well one page came back: a value for each of `all_metrics()`, in this
/// order. Counts are of code points.
struct PageScores {
  /// NaN where a metric has not been computed.
  std::vector<double> values = std::vector<double>(
      all_metrics().size(),
      std::numeric_limits<double>::quiet_NaN());
};

template <typename Visitor>
void visit_fields(Visitor&& visit, PageScores& scores) {
  for (size_t i = 0; i < scores.values.size(); ++i) {
    visit(all_metrics()[i].name.c_str(), scores.values[i]);
  }
}

/// The value of one metric. Throws `UsageError` for a name that is none.
double metric_value(const PageScores& scores, const std::string& name);

/// The texts of a page as a profile compares them. Malformed UTF-8 becomes
/// U+FFFD.
PageTexts prepare_texts(
    std::string_view reference,
    std::string_view prediction,
    Normalization normalization);

/// Scores one page by every metric.
PageScores score_texts(const PageTexts& texts, const Profile& profile);

/// The same from UTF-8.
PageScores score_page(
    std::string_view reference,
    std::string_view prediction,
    const Profile& profile);

} // namespace microfiche::metrics
