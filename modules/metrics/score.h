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

/// The scores of one page: a value for each of `all_metrics()`, in that order.
/// Characters are code points.
struct PageScores {
  /// NaN for a metric that has not been computed.
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

/// The value of one metric. Throws `UsageError` for an unknown name.
double metric_value(const PageScores& scores, const std::string& name);

/// Decodes and normalises the texts of a page. Malformed UTF-8 becomes U+FFFD.
PageTexts prepare_texts(
    std::string_view reference,
    std::string_view prediction,
    Normalization normalization);

/// Scores one page with every metric.
PageScores score_texts(const PageTexts& texts, const Profile& profile);

/// The same for UTF-8 text.
PageScores score_page(
    std::string_view reference,
    std::string_view prediction,
    const Profile& profile);

} // namespace microfiche::metrics
