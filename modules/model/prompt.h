#pragma once

#include "tokenizer/tokenizer.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace microfiche::model {

/// The token of a prompt that stands for the page.
inline constexpr std::string_view kImageToken = "<image>";

/// A prompt as ids, with the positions of the vision tokens.
struct Prompt {
  /// bos, the text, and one image id per position of the page.
  std::vector<int64_t> ids;

  /// First position of the page, and number of its positions; both 0 without
  /// `<image>`.
  int64_t image_begin = 0;
  int64_t image_positions = 0;
};

/// Checks a prompt that a user wrote for a page. Throws `InputError`, whose
/// message starts with `where`, unless the prompt has exactly one `<image>`,
/// and for a literal `\n` (backslash and n) where a line break is meant: after
/// `<image>`, or before anything but a lowercase letter, as in `\nabla`.
void validate_prompt(std::string_view prompt, const std::string& where);

/// Assembles a prompt as the published code does: bos, then the pieces around
/// `<image>`, encoded separately, without roles, separators or a system prompt.
/// White space at both ends is removed.
///
/// Throws `InputError` when the prompt has more than one `<image>`, when it has
/// none although the page has positions, because the model would not see the
/// page, and when the tokenizer has no such token.
///
/// Source: DeepSeek-OCR, the "plain" template of conversation.py and the prompt
/// assembly of modeling_deepseekocr.py (deepseek-ai/DeepSeek-OCR e4ac34e).
Prompt assemble_prompt(
    const tokenizer::Tokenizer& tokenizer,
    std::string_view text,
    int64_t image_positions,
    int64_t bos_token_id);

} // namespace microfiche::model
