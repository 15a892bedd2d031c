#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "metrics/text_normalization.h"

namespace microfiche::metrics {

/// How pages are scored: what is made equal first, and which number leads.
struct Profile {
  std::string name;
  std::string description;
  Normalization normalization = Normalization::kRaw;

  /// Whether reference and prediction are exchanged, as Fox's script does.
  bool exchanged = false;

  /// The metric that stands for the profile in a curve.
  std::string headline;
};

/// `paper`, `fox-official`, `raw`, `nfkc-ws` and `omnidoc`.
const std::vector<Profile>& all_profiles();

/// The profile of that name. Throws `UsageError` with the names there are.
const Profile& find_profile(const std::string& name);

/// How well one page came back. All but `cer`, `wer` and `length_ratio` are in
/// [0, 1]. Counts are of code points.
struct PageScores {
  /// Overlap of the sets of distinct words; see Note [Reconstruction
  /// precision].
  double set_precision = 0;
  double set_recall = 0;
  double set_f1 = 0;

  /// The same, a word counting as often as both texts have it.
  double bag_precision = 0;
  double bag_recall = 0;

  /// 1 - normalized_edit_distance.
  double edit_similarity = 0;

  /// Edit distance over the length of the longer text.
  double normalized_edit_distance = 0;

  /// Edit distance over the length of the reference, in characters.
  double cer = 0;

  /// The same in words.
  double wer = 0;

  /// BLEU-4 over words, as NLTK.
  double bleu = 0;

  /// Length of the prediction over that of the reference.
  double length_ratio = 0;

  /// 1 when the prediction ends in a loop and the reference does not; its mean
  /// is the loop rate.
  double loop_rate = 0;
};

template <typename Visitor>
void visit_fields(Visitor&& visit, PageScores& scores) {
  visit("set_precision", scores.set_precision);
  visit("set_recall", scores.set_recall);
  visit("set_f1", scores.set_f1);
  visit("bag_precision", scores.bag_precision);
  visit("bag_recall", scores.bag_recall);
  visit("edit_similarity", scores.edit_similarity);
  visit("normalized_edit_distance", scores.normalized_edit_distance);
  visit("cer", scores.cer);
  visit("wer", scores.wer);
  visit("bleu", scores.bleu);
  visit("length_ratio", scores.length_ratio);
  visit("loop_rate", scores.loop_rate);
}

/// The names that `visit_fields` lists.
const std::vector<std::string>& metric_names();

/// The values, in the order of `metric_names()`.
std::vector<double> metric_values(const PageScores& scores);

/// The value of one metric. Throws `UsageError` for a name that is none.
double metric_value(const PageScores& scores, const std::string& name);

/// Scores one page. Malformed UTF-8 counts as U+FFFD. Over an empty reference
/// `cer`, `wer` and `length_ratio` are 0 for an empty prediction and 1
/// otherwise.
PageScores score_page(
    std::string_view reference,
    std::string_view prediction,
    const Profile& profile);

/// A stretch of a page that a benchmark matched and scores by itself.
struct TextPair {
  std::string reference;
  std::string prediction;
};

/// Edit distance summed over blocks, over the summed lengths of the longer
/// sides.
///
/// Source: OmniDocBench, `ALL_page_avg` of its text edit distance, before the
/// mean over pages.
double block_edit_distance(
    const std::vector<TextPair>& blocks,
    const Profile& profile);

} // namespace microfiche::metrics
