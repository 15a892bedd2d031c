#include "metrics/score.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "core/config.h"
#include "core/error.h"
#include "metrics/bleu.h"
#include "metrics/code_points.h"
#include "metrics/edit_distance.h"
#include "metrics/precision.h"
#include "metrics/repetition.h"
#include "metrics/words.h"

namespace microfiche::metrics {
namespace {

/// `part` over `whole`; over nothing, 0 when there is no part and 1 otherwise.
double share(size_t part, size_t whole) {
  if (whole == 0) {
    return part == 0 ? 0 : 1;
  }
  return static_cast<double>(part) / static_cast<double>(whole);
}

size_t word_edits(const WordPair& words) {
  std::unordered_map<std::u32string_view, char32_t> numbers;
  const auto number = [&](const std::vector<std::u32string>& side) {
    std::u32string numbered;
    for (const auto& word : side) {
      const auto next = static_cast<char32_t>(numbers.size());
      numbered.push_back(numbers.try_emplace(word, next).first->second);
    }
    return numbered;
  };
  const auto reference = number(words.reference);
  const auto prediction = number(words.prediction);
  return static_cast<size_t>(edit_distance(reference, prediction));
}

std::u32string prepare(std::string_view text, const Profile& profile) {
  return normalize(decode_utf8(text).text, profile.normalization);
}

struct MetricCollector {
  std::vector<std::string> names;
  std::vector<double> values;

  void operator()(const char* name, double& value) {
    names.emplace_back(name);
    values.push_back(value);
  }
};

MetricCollector collect(PageScores scores) {
  MetricCollector collector;
  visit_fields(collector, scores);
  return collector;
}

} // namespace

const std::vector<Profile>& all_profiles() {
  static const std::vector<Profile> profiles = {
      {"paper",
       "set-of-words precision on raw text: DeepSeek-OCR's Table 2",
       Normalization::kRaw,
       false,
       "set_precision"},
      {"fox-official",
       "Fox's script as published, its two arguments exchanged",
       Normalization::kRaw,
       true,
       "set_precision"},
      {"raw",
       "nothing made equal; edit similarity leads",
       Normalization::kRaw,
       false,
       "edit_similarity"},
      {"nfkc-ws",
       "NFKC, white space collapsed",
       Normalization::kNfkcWhitespace,
       false,
       "edit_similarity"},
      {"omnidoc",
       "letters, digits and Han characters alone, as OmniDocBench",
       Normalization::kOmniDoc,
       false,
       "normalized_edit_distance"},
  };
  return profiles;
}

const Profile& find_profile(const std::string& name) {
  std::vector<std::string> names;
  for (const auto& profile : all_profiles()) {
    if (profile.name == name) {
      return profile;
    }
    names.push_back(profile.name);
  }
  std::string list;
  for (const auto& known : names) {
    list += (list.empty() ? "" : ", ") + known;
  }
  throw UsageError(concat(
      "no scoring profile named \"",
      name,
      "\" (there are ",
      list,
      ")",
      did_you_mean(name, names)));
}

const std::vector<std::string>& metric_names() {
  static const std::vector<std::string> names = collect({}).names;
  return names;
}

std::vector<double> metric_values(const PageScores& scores) {
  return collect(scores).values;
}

double metric_value(const PageScores& scores, const std::string& name) {
  const auto& names = metric_names();
  const auto found = std::find(names.begin(), names.end(), name);
  check<UsageError>(
      found != names.end(),
      "no metric named \"",
      name,
      "\"",
      did_you_mean(name, names));
  return metric_values(scores)[found - names.begin()];
}

PageScores score_page(
    std::string_view reference_text,
    std::string_view prediction_text,
    const Profile& profile) {
  if (profile.exchanged) {
    std::swap(reference_text, prediction_text);
  }
  const auto reference = prepare(reference_text, profile);
  const auto prediction = prepare(prediction_text, profile);
  const WordPair words(reference, prediction);
  const auto sets = set_overlap(words.reference, words.prediction);
  const auto bags = bag_overlap(words.reference, words.prediction);
  const auto edits = static_cast<size_t>(edit_distance(reference, prediction));

  PageScores scores;
  scores.set_precision = sets.precision;
  scores.set_recall = sets.recall;
  scores.set_f1 = sets.f1;
  scores.bag_precision = bags.precision;
  scores.bag_recall = bags.recall;
  scores.normalized_edit_distance =
      share(edits, std::max(reference.size(), prediction.size()));
  scores.edit_similarity = 1 - scores.normalized_edit_distance;
  scores.cer = share(edits, reference.size());
  scores.wer = share(word_edits(words), words.reference.size());
  scores.bleu = bleu(words.reference, words.prediction);
  scores.length_ratio = share(prediction.size(), reference.size());
  scores.loop_rate = ends_in_loop(prediction) && !ends_in_loop(reference);
  return scores;
}

double block_edit_distance(
    const std::vector<TextPair>& blocks,
    const Profile& profile) {
  size_t edits = 0;
  size_t length = 0;
  for (const auto& block : blocks) {
    const auto reference = prepare(block.reference, profile);
    const auto prediction = prepare(block.prediction, profile);
    edits += static_cast<size_t>(edit_distance(reference, prediction));
    length += std::max(reference.size(), prediction.size());
  }
  return share(edits, length);
}

} // namespace microfiche::metrics
