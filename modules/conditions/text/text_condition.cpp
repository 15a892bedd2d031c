#include "conditions/text/text_condition.h"

#include <algorithm>

namespace microfiche::conditions {

const std::vector<TextCondition>& text_conditions() {
  static const auto all = join_families<TextCondition>({
      word_order(),
      changed_letters(),
      random_text(),
      questions(),
  });
  return all;
}

std::vector<Applied<TextCondition>> find_text_conditions(
    const std::string& text,
    const std::string& where) {
  return find_conditions(
      text_conditions(), text == kNaturalText ? kNoCondition : text, where);
}

bool asks_questions(const std::string& text) {
  const auto asking = questions();
  const auto found = find_text_conditions(text, text);
  return std::any_of(found.begin(), found.end(), [&](const auto& condition) {
    return std::any_of(asking.begin(), asking.end(), [&](const auto& one) {
      return one.info.name == condition.entry->info.name;
    });
  });
}

} // namespace microfiche::conditions
