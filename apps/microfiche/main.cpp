#include "command.h"

#include "core/error.h"
#include "core/memory_use.h"
#include "core/stop_signal.h"
#include "core/terminal.h"
#include "core/version.h"

#include <c10/util/Exception.h>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <iostream>
#include <new>
#include <string>
#include <string_view>

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

int fail_out_of_memory(const std::string& what) {
  return fail(
      ExitCode::kOutOfMemory,
      concat(
          what,
          "\nout of memory: ",
          bytes_text(available_memory_bytes()),
          " of main memory are free. Smaller batches (--batch), a smaller "
          "--mode, fewer --max-new-tokens and --dtype bf16 need less."));
}

int fail_in_torch(const c10::Error& error) {
  const std::string what = error.what_without_backtrace();
  // LibTorch has an error class of its own for GPUs only.
  const bool out_of_memory =
      dynamic_cast<const c10::OutOfMemoryError*>(&error) != nullptr ||
      what.find("DefaultCPUAllocator") != std::string::npos;
  return out_of_memory ? fail_out_of_memory(what)
                       : fail(ExitCode::kFailure, what);
}

/// An empty value is usually a variable of the shell that is not set. It must
/// not mean the default.
void refuse_empty_values(CLI::App& app) {
  const CLI::Validator not_empty(
      [](const std::string& text) {
        return text.empty() ? std::string("expected a value, got an empty one")
                            : std::string();
      },
      "");
  for (auto* option : app.get_options()) {
    option->check(not_empty);
  }
  for (auto* command : app.get_subcommands({})) {
    refuse_empty_values(*command);
  }
}

int run(int argc, char** argv) {
  CLI::App app(
      "microfiche read page.png\n"
      "microfiche sweep configs/sweeps/smoke.json\n\n"
      "Research on optical context compression: renders text to pages, "
      "compresses pages to vision tokens, and reads them back to text.",
      "microfiche");
  app.set_version_flag("--version", version_text());
  app.require_subcommand(1);
  add_render(app);
  add_encode(app);
  add_read(app);
  add_trace(app);
  add_tokenize(app);
  add_score(app);
  add_sweep(app);
  add_report(app);
  add_compare(app);
  add_train(app);
  add_inspect(app);
  add_quantize(app);
  add_merge(app);
  add_serve(app);
  add_bench(app);
  add_memory(app);
  add_verify(app);
  add_doctor(app);
  refuse_empty_values(app);

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

// Note [Memory that grows]
// oneDNN, which multiplies matrices for LibTorch on a CPU, caches generated
// code for the last 1,024 shapes. In training the lengths of texts give new
// shapes at every step: the memory of the nano model's training grew by 15 MB
// per second. Here the cache is smaller. A program that links the modules
// should set the same variable before LibTorch's first operation.
void bound_generated_code() {
  setenv("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "64", /*overwrite=*/0);
}

} // namespace
} // namespace microfiche::apps

int main(int argc, char** argv) {
  using microfiche::ExitCode;
  microfiche::install_stop_signals();
  microfiche::reuse_freed_blocks();
  microfiche::apps::bound_generated_code();
  try {
    return microfiche::apps::run(argc, argv);
  } catch (const microfiche::Error& error) {
    return microfiche::apps::fail(error.exit_code(), error.what());
  } catch (const c10::Error& error) {
    return microfiche::apps::fail_in_torch(error);
  } catch (const std::bad_alloc&) {
    return microfiche::apps::fail_out_of_memory("an allocation failed");
  } catch (const std::filesystem::filesystem_error& error) {
    return microfiche::apps::fail(
        ExitCode::kIo,
        microfiche::concat(
            error.path1().string(),
            ": cannot use this file or folder: ",
            error.code().message()));
  } catch (const std::exception& error) {
    return microfiche::apps::fail(ExitCode::kFailure, error.what());
  }
}
