#pragma once

#include <string_view>

namespace microfiche::kernels {

/// Whether the environment turns off the kernel `name`, so that its reference
/// runs instead.
///
/// MICROFICHE_REFERENCE_KERNELS is a comma-separated list of names, or "all".
/// `benchmarks/kernels/whole_commands` uses it to measure what each kernel
/// gains. It also shows whether a kernel causes a wrong result. Results differ
/// in the last bits.
///
/// Throws `c10::Error` when the list has an unknown name.
bool runs_reference(std::string_view name);

} // namespace microfiche::kernels
