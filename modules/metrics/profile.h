#pragma once

#include <string>
#include <vector>

#include "metrics/text_normalization.h"

namespace microfiche::metrics {

/// How pages are scored: what is made equal first, and which numbers lead.
struct Profile {
  std::string name;
  std::string description;
  Normalization normalization = Normalization::kRaw;

  /// Whether the metrics of `shown` get reference and prediction exchanged, as
  /// in Fox's script.
  bool exchanged = false;

  /// The metric that stands for the profile in a curve.
  std::string headline;

  /// The metrics of a table, the headline among them; files have all.
  std::vector<std::string> shown;
};

/// `paper`, `fox-official`, `omnidocbench`, `cer`, `wer`, `nfkc-ws`, `raw` and
/// `all`.
const std::vector<Profile>& all_profiles();

/// The profile of that name. Throws `UsageError` with the names there are.
const Profile& find_profile(const std::string& name);

} // namespace microfiche::metrics
