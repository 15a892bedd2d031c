#pragma once

namespace microfiche {

/// Makes Ctrl-C and SIGTERM request a stop. A second signal ends the process at
/// once.
void install_stop_signals();

/// Whether a signal has come.
bool stop_requested();

/// Throws `Interrupted` (exit code 130 or 143) after a signal. Loops call it
/// between items, when finished items are saved.
void throw_if_stop_requested();

} // namespace microfiche
