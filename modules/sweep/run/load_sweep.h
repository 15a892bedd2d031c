#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "sweep/sweep_config.h"

namespace microfiche::sweep {

/// Reads the config of a sweep to run, with `--set` assignments. Throws
/// `InputError` as `load_config` and `check_conditions` do.
SweepConfig load_sweep(
    const std::filesystem::path& file,
    const std::vector<std::string>& assignments = {});

/// Throws `InputError`, naming the field, for unknown conditions, for
/// conditions that need more pages than a cell has, and for prompts without
/// `<image>`.
void check_conditions(const SweepConfig& sweep, const std::string& where);

} // namespace microfiche::sweep
