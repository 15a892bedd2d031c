#pragma once

#include <string>

#include "conditions/condition.h"

namespace microfiche::conditions {

// The token conditions that remove the whole page. They are described without
// LibTorch, so that a finished run can be read without it; `ablations` has what
// they do.

/// `zero_tokens`.
ConditionInfo zero_tokens_info();

/// `prompt_alone`.
ConditionInfo prompt_alone_info();

/// Whether one of the token conditions that `text` names removes the whole
/// page. Throws `InputError`, which `where` starts, for a malformed text.
bool has_token_floor(const std::string& text, const std::string& where);

} // namespace microfiche::conditions
