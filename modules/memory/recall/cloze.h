#pragma once

#include "memory/store.h"

#include <cstdint>
#include <string_view>

namespace microfiche::memory {

/// The kind of facts that `add_cloze_facts` states.
inline constexpr std::string_view kClozeKind = "cloze";

/// States facts from the sentences of a conversation. The key is three words in
/// a row that the whole conversation has only once. The value is the one to
/// three words that follow; see Note [A key and its value in a text]. At most
/// one fact per turn, in turns spread evenly over the conversation; turns of
/// tools and instructions are left out.
///
/// A conversation that has facts of this kind keeps them. Returns how many it
/// has, which is less than `count` if its turns have no more such sentences.
/// They are kept when the function returns.
int64_t add_cloze_facts(
    Store& store,
    int64_t conversation,
    int64_t count,
    uint64_t seed);

} // namespace microfiche::memory
