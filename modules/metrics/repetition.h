#pragma once

#include <string_view>

namespace microfiche::metrics {

/// Whether the text ends in a repetition loop: at least four times the same
/// stretch, one after the other, over at least 40 characters, the last time
/// perhaps cut off. This is how greedy decoding fails on pages too dense to
/// read; the share of such pages is the loop rate.
bool ends_in_loop(std::u32string_view text);

} // namespace microfiche::metrics
