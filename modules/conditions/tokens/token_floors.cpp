#include "conditions/tokens/token_floors.h"

namespace microfiche::conditions {

ConditionInfo zero_tokens_info() {
  return {
      "zero_tokens",
      "every vision token is zero; newlines and separator stay",
      std::nullopt,
      /*is_floor=*/true};
}

ConditionInfo prompt_alone_info() {
  return {
      "prompt_alone",
      "no position for the page at all",
      std::nullopt,
      /*is_floor=*/true};
}

bool has_token_floor(const std::string& text, const std::string& where) {
  const auto parts = detail::split_condition(text, where);
  return std::any_of(parts.begin(), parts.end(), [](const auto& part) {
    return part.name == zero_tokens_info().name ||
        part.name == prompt_alone_info().name;
  });
}

} // namespace microfiche::conditions
