#include "data/question_mix.h"

#include "core/error.h"

namespace microfiche::data {

void validate(const QuestionMixConfig& config, const std::string& where) {
  check_named_weights(
      config.tasks, {"pairs", "several_pages", "rest_of_line"}, "tasks", where);
  for (const auto& [field, value] :
       {std::pair("as_text", config.as_text),
        std::pair("not_stated", config.not_stated)}) {
    check(
        value >= 0 && value <= 1,
        where,
        ".",
        field,
        ": must be from 0 to 1, got ",
        value);
  }
  check_counts(config.questions, 100, "questions", where);
  check_counts(config.several_pages, 32, "several_pages", where);
  check_counts(config.prefix_characters, 32, "prefix_characters", where);
  check(
      config.pages.ramp_batches == 0,
      where,
      ".pages: questions have no curriculum; leave out ramp_batches and the "
      "fields that belong to it");
}

} // namespace microfiche::data
