#pragma once

#include "memory/recall/outcome.h"
#include "memory/recall/probes.h"
#include "memory/recall/stored_plan.h"
#include "memory/recall/token_files.h"
#include "memory/store.h"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace microfiche::memory {

// Note [Recall methods]
// All methods find the value by Note [A key and its value in a text], in the
// newest page or turn that states it. They differ in the context:
//   transcription  what the model reads back from the pages, each at its tier;
//                  a page in the tier "text" as it is
//   wrong_page     the same, with another page of the same tier in the place of
//                  the page that states the fact: the floor. Pages that were
//                  read in one context are replaced together.
//   blank_page     what the model reads from a blank page in that mode
//   whole_text     the text of all pages: the ceiling, which only the finding
//                  itself can miss. The nano model cannot be asked about text,
//                  so no decoder is involved.
//   newest_text    the text of the newest pages that take no more positions as
//                  text than the plan
//   oldest_text    the same with the oldest pages
//   summary        an extractive summary of the text of all pages in these
//                  positions; see `summarize_texts`
//   pruned_text    the words that a learned model expects least, of the text of
//                  all pages in these positions; see `prune_texts`
//   text_search    the turns that a search of the text (BM25) fetches as text
//
// A question of a data set (LongMemEval, LoCoMo) has no key that a text states,
// and no model here answers it. Then a method counts as right if its context
// still spells the answer: on the page that has it, which is given, as whole
// words in any case. So `text_search` must find the turn, and the others need
// not. Source: string_match_all of RULER, arXiv:2404.06654.
enum class Method {
  kTranscription,
  kWrongPage,
  kBlankPage,
  kWholeText,
  kNewestText,
  kOldestText,
  kSummary,
  kPrunedText,
  kTextSearch,
};

inline constexpr Method kMethods[] = {
    Method::kTranscription,
    Method::kWrongPage,
    Method::kBlankPage,
    Method::kWholeText,
    Method::kNewestText,
    Method::kOldestText,
    Method::kSummary,
    Method::kPrunedText,
    Method::kTextSearch};

/// "transcription", "wrong_page", "blank_page", "whole_text", "newest_text",
/// "oldest_text", "summary", "pruned_text" or "text_search".
std::string_view name_of(Method method);

/// Turns that `text_search` fetches.
inline constexpr int64_t kFetchedTurns = 3;

/// An answer to a question, as the store keeps it.
struct Answer {
  Method method = Method::kTranscription;

  /// An index of the probes.
  size_t probe = 0;

  /// Empty if it abstains.
  std::string text;
  Outcome outcome = Outcome::kAbstained;

  /// The page that it was read from, an index of `StoredPlan::items`; none for
  /// turns and without an answer.
  std::optional<size_t> answered_item;

  /// Positions of the decoder's context that the method takes in all.
  int64_t positions = 0;

  /// Time of the readings that were looked at, newest page first, until the
  /// answer was found.
  double seconds = 0;
};

/// What a plan keeps of one page.
struct KeptPage {
  std::string text;

  /// Vision tokens without newlines and separator; 0 for text.
  int64_t vision_tokens = 0;

  /// The time of its reading; 0 for text.
  double seconds = 0;

  /// The page that has the text of its context, an index of
  /// `StoredPlan::items`; none, or itself, if it was read alone.
  std::optional<size_t> holder = std::nullopt;
};

/// What all methods look at.
struct RecallTexts {
  /// The exact text of each page of the plan.
  std::vector<std::string> exact;

  /// What is read from each page at its tier; none for a page that is gone.
  std::vector<std::optional<KeptPage>> kept;

  /// What is read from a blank page, by mode.
  std::map<std::string, KeptPage> blanks;

  /// Text tokens of a text.
  std::function<int64_t(const std::string&)> count_tokens;
};

/// Answers all questions with all methods.
std::vector<Answer> answer_probes(
    Store& store,
    const StoredPlan& plan,
    const std::vector<Probe>& probes,
    const RecallTexts& texts);

/// Who answered: the answers of different models, dtypes and reading configs
/// are kept beside each other.
struct RecallReader {
  TokenFileModel model;

  /// JSON of prompt and generation; see `PlanReader::reading_config`.
  std::string reading_config;
};

/// What `save_answers` did.
struct SavedAnswers {
  /// The number of the run that the answers belong to.
  int64_t run = 0;

  /// Questions of this run that were not asked now; their answers stay.
  int64_t other_questions = 0;
};

/// Keeps answers in the store, in place of earlier ones to the same questions
/// about the same plan by the same reader. They are kept when the function
/// returns.
SavedAnswers save_answers(
    Store& store,
    const StoredPlan& plan,
    const RecallReader& reader,
    const std::vector<Probe>& probes,
    const RecallTexts& texts,
    const std::vector<Answer>& answers);

/// Pages between the page and the newest one of the plan.
int64_t age_in_pages(const StoredPlan& plan, size_t item);

/// Characters on the picture of a page per vision token; none for text and for
/// a page that is gone.
std::optional<double> characters_per_token(
    const StoredPlan& plan,
    const RecallTexts& texts,
    size_t item);

} // namespace microfiche::memory
