#include "metrics/profile.h"

#include "core/config.h"
#include "core/error.h"
#include "metrics/metric.h"

namespace microfiche::metrics {

const std::vector<Profile>& all_profiles() {
  const std::vector<std::string> common = {
      "edit_similarity", "set_precision", "cer", "wer", "bleu"};
  static const std::vector<Profile> profiles = {
      {"paper",
       "set-of-words precision: DeepSeek-OCR's Table 2",
       Normalization::kRaw,
       false,
       "set_precision",
       {"set_precision", "edit_similarity", "cer", "wer", "bleu"}},
      {"fox-official",
       "Fox's script as published, with swapped arguments",
       Normalization::kRaw,
       true,
       "set_precision",
       {"set_precision",
        "set_recall",
        "set_f1",
        "bleu",
        "meteor",
        "normalized_edit_distance"}},
      {"omnidocbench",
       "text edit distance over letters, digits and Han characters only",
       Normalization::kOmniDoc,
       false,
       "normalized_edit_distance",
       {"normalized_edit_distance", "edit_similarity"}},
      {"cer",
       "character error rate, white space collapsed",
       Normalization::kNfkcWhitespace,
       false,
       "cer",
       {"cer", "edit_similarity"}},
      {"wer",
       "word error rate, white space collapsed",
       Normalization::kNfkcWhitespace,
       false,
       "wer",
       {"wer", "bag_f1"}},
      {"nfkc-ws",
       "edit similarity, white space collapsed",
       Normalization::kNfkcWhitespace,
       false,
       "edit_similarity",
       common},
      {"raw",
       "edit similarity of the raw texts",
       Normalization::kRaw,
       false,
       "edit_similarity",
       common},
      {"all",
       "every metric of the raw texts",
       Normalization::kRaw,
       false,
       "edit_similarity",
       metric_names()},
  };
  return profiles;
}

const Profile& find_profile(const std::string& name) {
  std::vector<std::string> names;
  std::string list;
  for (const auto& profile : all_profiles()) {
    if (profile.name == name) {
      return profile;
    }
    names.push_back(profile.name);
    list += (list.empty() ? "" : ", ") + profile.name;
  }
  throw UsageError(concat(
      "no scoring profile named \"",
      name,
      "\"; known: ",
      list,
      did_you_mean(name, names)));
}

} // namespace microfiche::metrics
