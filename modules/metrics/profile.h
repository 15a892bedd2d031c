#pragma once

#include <string>
#include <vector>

#include "metrics/text_normalization.h"

namespace microfiche::metrics {

/// How pages are scored: the normalisation of the texts, and the metrics to
/// show.
struct Profile {
  std::string name;
  std::string description;
  Normalization normalization = Normalization::kRaw;

  /// Whether reference and prediction are swapped for the metrics of `shown`,
  /// as in Fox's script.
  bool swapped = false;

  /// The main metric, drawn in curves.
  std::string headline;

  /// The metrics in tables, including `headline`. Files have all metrics.
  std::vector<std::string> shown;
};

/// `paper`, `fox-official`, `omnidocbench`, `cer`, `wer`, `nfkc-ws`, `raw` and
/// `all`.
const std::vector<Profile>& all_profiles();

/// The profile of that name. Throws `UsageError` with the known names.
const Profile& find_profile(const std::string& name);

} // namespace microfiche::metrics
