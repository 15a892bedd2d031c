#pragma once

#include <string_view>

namespace microfiche::metrics {

/// Whether the text ends in a repetition loop: the same piece at least four
/// times in a row, over at least 40 characters; the last repeat may be
/// incomplete. Greedy decoding fails in this way on pages that are too dense.
/// The loop rate is the share of such pages.
bool ends_in_loop(std::u32string_view text);

} // namespace microfiche::metrics
