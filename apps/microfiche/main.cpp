#include "command.h"

#include "core/error.h"
#include "core/stop_signal.h"
#include "core/terminal.h"

#include <c10/util/Exception.h>

#include <cstdio>
#include <exception>
#include <iostream>
#include <new>

namespace microfiche::apps {
namespace {

int fail(ExitCode code, const std::string& message) {
  const bool colour = stderr_has_colour();
  std::fprintf(
      stderr,
      "%serror:%s %s\n",
      colour ? "\033[31m" : "",
      colour ? "\033[0m" : "",
      message.c_str());
  return static_cast<int>(code);
}

int run(int argc, char** argv) {
  CLI::App app("Optical context compression: text, pages, vision tokens, text.");
  app.require_subcommand(1);
  app.fallthrough(false);

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) {
      return app.exit(error, std::cout, std::cout);
    }
    app.exit(error, std::cerr, std::cerr);
    return static_cast<int>(ExitCode::kUsage);
  }
  return static_cast<int>(ExitCode::kDone);
}

} // namespace
} // namespace microfiche::apps

int main(int argc, char** argv) {
  using microfiche::ExitCode;
  microfiche::install_stop_signals();
  try {
    return microfiche::apps::run(argc, argv);
  } catch (const microfiche::Error& error) {
    return microfiche::apps::fail(error.exit_code(), error.what());
  } catch (const c10::OutOfMemoryError& error) {
    return microfiche::apps::fail(
        ExitCode::kOutOfMemory, error.what_without_backtrace());
  } catch (const c10::Error& error) {
    return microfiche::apps::fail(
        ExitCode::kFailure, error.what_without_backtrace());
  } catch (const std::bad_alloc&) {
    return microfiche::apps::fail(
        ExitCode::kOutOfMemory,
        "out of memory; a smaller batch or a smaller mode needs less");
  } catch (const std::exception& error) {
    return microfiche::apps::fail(ExitCode::kFailure, error.what());
  }
}
