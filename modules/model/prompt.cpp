#include "model/prompt.h"

#include "core/error.h"
#include "core/utf8.h"

#include <optional>

namespace microfiche::model {
namespace {

/// Throws for a second `<image>`, and for none where there is a page.
void check_images(
    std::string_view prompt,
    bool has_page,
    const std::string& where) {
  const size_t image = prompt.find(kImageToken);
  check(
      image != std::string_view::npos || !has_page,
      where,
      ": expected <image> where the page goes, got \"",
      prompt,
      "\"; without it the model does not see the page");
  check(
      image == std::string_view::npos ||
          prompt.find(kImageToken, image + 1) == std::string_view::npos,
      where,
      ": expected one <image>, as one page is read at a time, got \"",
      prompt,
      "\"");
}

} // namespace

void validate_prompt(std::string_view prompt, const std::string& where) {
  check_images(prompt, /*has_page=*/true, where);
  constexpr std::string_view kLiteral = "\\n";
  for (size_t at = prompt.find(kLiteral); at != std::string_view::npos;
       at = prompt.find(kLiteral, at + 1)) {
    const auto after = prompt.substr(at + kLiteral.size());
    const bool is_command =
        !after.empty() && after[0] >= 'a' && after[0] <= 'z';
    check(
        is_command && !prompt.substr(0, at).ends_with(kImageToken),
        where,
        ": expected a line break, got a backslash and an n in \"",
        prompt,
        "\"; in bash write $'<image>\\nFree OCR.', with $ before the quotes");
  }
}

Prompt assemble_prompt(
    const tokenizer::Tokenizer& tokenizer,
    std::string_view text,
    int64_t image_positions,
    int64_t bos_token_id) {
  const std::string_view stripped = strip(text);
  check_images(stripped, image_positions > 0, "prompt");
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
