#pragma once

#include "data/page_mix.h"
#include "data/pairs.h"

#include <cstdint>
#include <map>
#include <string>

namespace microfiche::data {

// Note [Questions about a page]
// A question is a key, or the beginning of a line, after the page; the model
// answers it without transcribing the page:
//
//   <image>ab kfqe\ncd wxyz\n...
//
// Here "ab" and "cd" are keys, which are given. " kfqe\n" is the answer: a
// space, the value, a line break. Only answers have a loss. The space is part
// of the answer because prompts lose white space at their end
// (`model::assemble_prompt`), so that `--prompt '<image>ab '` and
// `--prompt '<image>ab'` are the same question. Several questions follow each
// other after one page; the end id follows the last answer and nothing else,
// so a model that is asked one question stops after its answer.
//
// For a key that no page states, and for a beginning that no line has, the
// answer is "?".

/// The answer to a question about something that is not on any page.
inline constexpr const char* kNotStated = "?";

/// Which questions are drawn, and the pages that they are about.
struct QuestionMixConfig {
  /// Tasks with their weights; a batch has one task.
  ///
  /// "pairs": the value of a key among the pairs of a page. "several_pages":
  /// the same with several pages of drawn modes in the context, oldest first;
  /// the key is on any of them. "rest_of_line": the rest of a line, given its
  /// beginning.
  std::map<std::string, double> tasks = {{"pairs", 1}};

  /// Fraction of batches with the text in place of the page, to compare the
  /// model with itself: the text, a blank line, then the questions, without
  /// `<image>`.
  double as_text = 0.2;

  /// Range of the number of questions after one page, or after the pages of
  /// "several_pages"; 1 to 100.
  Counts questions = {4, 8};

  /// Fraction of questions about something that is not on a page; their answer
  /// is "?".
  double not_stated = 0.12;

  /// Range of the number of pages in the task "several_pages", 1 to 32.
  Counts several_pages = {2, 4};

  /// Range of the length of the beginning that "rest_of_line" gives, 1 to 32
  /// bytes. The shortest that is nowhere else on the page is taken.
  Counts prefix_characters = {3, 6};

  /// The keys and values of the tasks "pairs" and "several_pages".
  PairsConfig pairs;

  /// The look and modes of the pages, and the upper limit of their characters
  /// per vision token. Only "rest_of_line" uses `texts` and the lower limit.
  /// The layout "grid" uses only monospaced fonts.
  PageMixConfig pages;
};

/// Throws `InputError` for unknown names and for values out of range.
void validate(const QuestionMixConfig& config, const std::string& where);

template <typename Visitor>
void visit_fields(Visitor&& visit, QuestionMixConfig& config) {
  visit("tasks", config.tasks);
  visit("as_text", config.as_text);
  visit("questions", config.questions);
  visit("not_stated", config.not_stated);
  visit("several_pages", config.several_pages);
  visit("prefix_characters", config.prefix_characters);
  visit("pairs", config.pairs);
  visit("pages", config.pages);
}

} // namespace microfiche::data
