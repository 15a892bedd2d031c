#include "sweep/run/page_questions.h"

#include "data/questions.h"
#include "data/random_text.h"
#include "model/prompt.h"

namespace microfiche::sweep {
namespace {

data::Question question_about_pairs(
    const SweepPage& page,
    const std::vector<data::Pair>& pairs,
    bool on_grid,
    const data::QuestionMixConfig& mix,
    RandomStream& random) {
  const auto bytes = data::bytes_of_values(
      pairs, on_grid ? "" : conditions::kPairSeparator, page.reference);
  return data::draw_pair_questions({pairs}, {bytes}, 1, mix, random).front();
}

data::Question question_about_lines(
    const SweepPage& page,
    const data::QuestionMixConfig& mix,
    RandomStream& random) {
  if (mix.not_stated == 0) {
    const auto questions = data::draw_line_questions(
        page.reference, /*other_text=*/"", 1, mix, random);
    if (!questions.empty()) {
      return questions.front();
    }
  }
  const auto length = mix.prefix_characters;
  while (true) {
    auto beginning =
        data::random_letters(random, length.second)
            .substr(0, random.between(length.first, length.second));
    if (beginning.find(' ') == std::string::npos &&
        page.reference.find(beginning) == std::string::npos) {
      return {beginning, data::kNotStated};
    }
  }
}

} // namespace

void ask(
    SweepPage& page,
    const conditions::PageText& content,
    bool on_grid,
    bool stated,
    RandomStream& random) {
  data::QuestionMixConfig mix;
  mix.not_stated = stated ? 0 : 1;
  std::vector<data::Pair> pairs;
  for (const auto& [key, value] : content.pairs) {
    pairs.push_back({key, value});
  }
  const auto question = pairs.empty()
      ? question_about_lines(page, mix, random)
      : question_about_pairs(page, pairs, on_grid, mix, random);
  PageQuestion asked;
  asked.asked = question.asked;
  asked.stated = question.answer != data::kNotStated;
  asked.pairs = static_cast<int64_t>(pairs.size());
  for (const auto& pair : pairs) {
    if (pair.value != question.answer) {
      asked.other_values.push_back(pair.value);
    }
  }
  asked.text = page.reference;
  page.reference = question.answer;
  page.question = std::move(asked);
}

std::string prompt_of(const PageQuestion& question) {
  return std::string(model::kImageToken) + question.asked + " ";
}

std::string text_prompt_of(const PageQuestion& question) {
  std::string text;
  for (const char byte : question.text) {
    if (byte != ' ' || text.empty() || text.back() != ' ') {
      text += byte;
    }
  }
  return text + "\n\n" + question.asked + " ";
}

} // namespace microfiche::sweep
