#include "model/prompt.h"

#include "core/error.h"

#include <optional>

namespace microfiche::model {
namespace {

std::string_view strip(std::string_view text) {
  constexpr std::string_view kWhiteSpace = " \t\n\r\f\v";
  const size_t begin = text.find_first_not_of(kWhiteSpace);
  if (begin == std::string_view::npos) {
    return {};
  }
  return text.substr(begin, text.find_last_not_of(kWhiteSpace) + 1 - begin);
}

} // namespace

Prompt assemble_prompt(
    const tokenizer::Tokenizer& tokenizer,
    std::string_view text,
    int64_t image_positions,
    int64_t bos_token_id) {
  const std::string_view stripped = strip(text);
  const size_t image = stripped.find(kImageToken);
  Prompt prompt;
  prompt.ids.push_back(bos_token_id);
  const auto append = [&](std::string_view piece) {
    const auto ids = tokenizer.encode(piece);
    prompt.ids.insert(prompt.ids.end(), ids.begin(), ids.end());
  };
  append(stripped.substr(0, image));
  if (image == std::string_view::npos) {
    return prompt;
  }

  const std::string_view rest = stripped.substr(image + kImageToken.size());
  check(
      rest.find(kImageToken) == std::string_view::npos,
      "prompt \"",
      text,
      "\": expected one <image>, as one page is read at a time");
  const std::optional<int64_t> image_id = tokenizer.id_of(kImageToken);
  check(
      image_id.has_value(),
      "prompt \"",
      text,
      "\": the model's tokenizer.json has no token <image>");
  prompt.image_begin = static_cast<int64_t>(prompt.ids.size());
  prompt.image_positions = image_positions;
  prompt.ids.insert(prompt.ids.end(), image_positions, *image_id);
  append(rest);
  return prompt;
}

} // namespace microfiche::model
