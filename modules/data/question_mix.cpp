#include "data/question_mix.h"

#include "core/config.h"
#include "core/error.h"

namespace microfiche::data {

void validate(const QuestionMixConfig& config, const std::string& where) {
  check_named_weights(
      config.tasks, {"pairs", "several_pages", "rest_of_line"}, "tasks", where);
  check_fraction(config.as_text, "as_text", where);
  check_fraction(config.not_stated, "not_stated", where);
  check_counts(config.questions, 100, "questions", where);
  check_counts(config.several_pages, 32, "several_pages", where);
  check_counts(config.prefix_characters, 32, "prefix_characters", where);
}

} // namespace microfiche::data
