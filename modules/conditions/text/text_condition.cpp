#include "conditions/text/text_condition.h"

namespace microfiche::conditions {

const std::vector<TextCondition>& text_conditions() {
  static const auto all = join_families<TextCondition>({
      word_order(),
      changed_letters(),
      random_text(),
  });
  return all;
}

std::vector<Applied<TextCondition>> find_text_conditions(
    const std::string& text,
    const std::string& where) {
  return find_conditions(
      text_conditions(), text == kNaturalText ? kNoCondition : text, where);
}

} // namespace microfiche::conditions
