#pragma once

#include "core/files.h"
#include "tests/support/folders.h"

#include <sys/wait.h>

#include <cstdlib>
#include <filesystem>
#include <string>

namespace microfiche::tests {

/// Exit code and output of a run of the program.
struct Outcome {
  int exit_code = 0;
  std::string out;
  std::string err;
};

/// Runs `microfiche ARGS` in a shell, quietly on one thread, in `folder`.
/// `before` is shell code to run first, such as "ulimit -f 1;".
inline Outcome run_program(
    const std::filesystem::path& folder,
    const std::string& arguments,
    const std::string& before = "") {
  const auto out = folder / "stdout.txt";
  const auto err = folder / "stderr.txt";
  const std::string command = "cd '" + folder.string() + "' && { " + before +
      " OMP_NUM_THREADS=1 '" MICROFICHE_PROGRAM "' " + arguments + "; } >'" +
      out.string() + "' 2>'" + err.string() + "' </dev/null";
  const int status = std::system(command.c_str());
  Outcome outcome;
  outcome.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  outcome.out = read_file(out);
  outcome.err = read_file(err);
  return outcome;
}

} // namespace microfiche::tests
