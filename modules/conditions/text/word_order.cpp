#include "conditions/text/text_condition.h"
#include "data/random_text.h"

namespace microfiche::conditions {

std::vector<TextCondition> word_order() {
  return {
      {{"shuffled_words",
        "the words in random order: words can be guessed, sentences not",
        std::nullopt},
       [](PageText& page, const TextContext&, double, RandomStream& random) {
         page.text = data::shuffled_words(random, page.text);
         page.altered.clear();
       }}};
}

} // namespace microfiche::conditions
