#include "memory/dataset_question.h"

#include "memory/word_search.h"

#include <algorithm>

namespace microfiche::memory {
namespace {

/// Without white space and the marks that end a sentence.
std::string without_ending(std::string text) {
  const size_t last = text.find_last_not_of(" \t\r\n.!?;,");
  text.resize(last == std::string::npos ? 0 : last + 1);
  return text.substr(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
}

} // namespace

std::string answer_text(const JsonField& answer) {
  if (answer.json().is_number()) {
    return answer.json().dump();
  }
  return answer.text();
}

void add_question(
    ImportedConversation& conversation,
    const std::vector<size_t>& turns,
    const std::string& question,
    const std::string& answer,
    ImportLosses& losses) {
  const auto words = without_ending(answer);
  const auto folded = in_lower_case(words);
  auto newest_first = turns;
  std::sort(newest_first.rbegin(), newest_first.rend());
  for (const size_t number : newest_first) {
    auto& turn = conversation.turns.at(number);
    const size_t at = find_words(in_lower_case(turn.text), folded);
    if (at != std::string_view::npos) {
      turn.facts.push_back(
          {question,
           turn.text.substr(at, words.size()),
           std::string(kQuestionKind)});
      return;
    }
  }
  ++losses.questions;
}

} // namespace microfiche::memory
