#pragma once

namespace microfiche {

/// Makes Ctrl-C and SIGTERM ask for a stop instead of ending the process; a
/// second signal ends it at once.
void install_stop_signals();

/// Whether a stop was asked for.
bool stop_requested();

/// Throws `Interrupted` (exit code 130 or 143) when a stop was asked for. Long
/// work calls it between items, after what is finished has been written.
void throw_if_stop_requested();

} // namespace microfiche
