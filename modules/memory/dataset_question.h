#pragma once

#include "memory/format_reader.h"

#include <string>
#include <string_view>
#include <vector>

namespace microfiche::memory {

/// The kind of facts that are questions of a data set: the key is the whole
/// question, and the value a text that the turn spells.
inline constexpr std::string_view kQuestionKind = "question";

/// The answer of a question as a text: a text or a number. Throws `InputError`
/// for other values.
std::string answer_text(const JsonField& answer);

/// States a question as a fact of the newest of these turns that has the answer
/// as whole words, in any case; the fact has it as the turn spells it. A
/// question whose answer no turn spells is counted as a loss: to find it needs
/// more than to read the turn.
void add_question(
    ImportedConversation& conversation,
    const std::vector<size_t>& turns,
    const std::string& question,
    const std::string& answer,
    ImportLosses& losses);

} // namespace microfiche::memory
