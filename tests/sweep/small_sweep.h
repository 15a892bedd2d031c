#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "sweep/run/sweep.h"
#include "sweep/run_folder.h"
#include "tests/support/folders.h"
#include "tests/sweep/oracle_reader.h"

namespace microfiche::sweep {

/// A sweep of a few pages over the text that ships with the repository.
inline SweepConfig small_sweep() {
  SweepConfig sweep;
  sweep.texts = {MICROFICHE_SOURCE_DIR "/data/text/held_out"};
  sweep.modes = {"nine"};
  sweep.characters_per_token = {5, 20};
  sweep.controls.random_letters = {5};
  sweep.pages_per_cell = 5;
  sweep.batch_pages = 2;
  sweep.pictures_per_cell = 1;
  return sweep;
}

/// Runs a sweep with a reader, counting words as text tokens.
inline void run_small_sweep(
    const SweepConfig& sweep,
    BatchReader& reader,
    const std::filesystem::path& folder) {
  run_sweep(
      sweep, reader, count_words, {{"model", reader.provenance()}}, folder);
}

/// Runs a sweep with its oracle.
inline void run_with_oracle(
    const SweepConfig& sweep,
    const std::filesystem::path& folder) {
  OracleReader oracle(sweep);
  run_small_sweep(sweep, oracle, folder);
}

/// The samples of a run in the order of the grid, without what was
/// measured of the machine.
inline std::vector<Json> timeless_samples(const std::filesystem::path& folder) {
  std::vector<Json> lines;
  for (auto sample : read_run(folder).samples) {
    sample.seconds = {};
    sample.peak_memory_bytes = 0;
    lines.push_back(to_json(sample));
  }
  return lines;
}

} // namespace microfiche::sweep
