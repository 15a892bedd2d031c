#include "document/poppler.h"

#include "core/error.h"

#include <algorithm>
#include <array>
#include <csignal>

namespace microfiche::document {
namespace {

namespace fs = std::filesystem;

/// The start of a message. It may quote the file, so other characters than
/// printable ASCII become question marks.
std::string printable(std::string_view message) {
  constexpr size_t kShown = 200;
  std::string shown(message.substr(0, kShown));
  std::replace_if(
      shown.begin(),
      shown.end(),
      [](char c) { return c < ' ' || c > '~'; },
      '?');
  return shown;
}

bool reports(const ChildResult& result, std::string_view words) {
  return result.errors.find(words) != std::string::npos;
}

/// Throws unless the program succeeded. `where` names the file or its page.
void check_end(
    const ChildResult& result,
    const std::string& program,
    const std::string& where,
    const ChildLimits& limits) {
  check(
      result.end != ChildEnd::kOutOfTime,
      where,
      ": ",
      program,
      " was stopped after ",
      limits.wall_s,
      " s; raise time_limit_s if the file is just large");
  check(
      result.end != ChildEnd::kTooMuchOutput,
      where,
      ": ",
      program,
      " was stopped because it wrote more than ",
      limits.output_bytes,
      " bytes; damaged file?");
  check(
      result.end != ChildEnd::kSignalled || result.code != SIGXCPU,
      where,
      ": ",
      program,
      " was stopped after ",
      limits.processor_s,
      " s of processor time; print the file to a new PDF to simplify it");
  check(
      result.end != ChildEnd::kSignalled,
      where,
      ": ",
      program,
      " was ended by signal ",
      result.code,
      "; damaged file? Print it to a new PDF");
  check(
      !reports(result, "Incorrect password"),
      where,
      ": encrypted with a password; remove it first, with qpdf --decrypt "
      "--password=... IN.pdf OUT.pdf");
  check(
      !reports(result, "Out of memory"),
      where,
      ": ",
      program,
      " needs more than its ",
      limits.memory_bytes,
      " bytes of memory; lower dpi, or print the file to a new PDF");
  // The range began at page 1.
  check(!reports(result, "Wrong page range given"), where, kNoPages);
  if (result.code == kCannotExecute) {
    throw Error(
        ExitCode::kFailure,
        concat(program, ": is installed but cannot be executed"));
  }
  if (result.code != 0) {
    std::string_view errors = result.errors;
    const auto message = printable(take_line(errors));
    throw InputError(concat(
        where,
        ": damaged PDF, ",
        program,
        message.empty() ? " fails" : " reports \"" + message + "\"",
        "; get it again, or repair it with qpdf IN.pdf OUT.pdf"));
  }
}

/// An error without its position: "Syntax Error (1911): No font in show"
/// becomes "Syntax Error: No font in show".
std::string without_position(std::string_view message) {
  const size_t colon = message.find(':');
  const size_t open = message.find(" (");
  return colon == std::string_view::npos || open > colon
      ? std::string(message)
      : concat(message.substr(0, open), message.substr(colon));
}

} // namespace

std::string_view take_line(std::string_view& text) {
  const size_t end = std::min(text.find('\n'), text.size());
  const auto line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return line;
}

fs::path find_poppler(const std::string& program) {
  auto file = find_program(program);
  if (file.empty()) {
    throw Error(
        ExitCode::kFailure,
        concat(
            program,
            ": not found, but needed for PDF files; run: sudo apt-get install "
            "poppler-utils"));
  }
  return file;
}

bool has_poppler_data() {
  // Where Debian's Poppler is built to look for them.
  std::error_code error;
  return fs::is_directory("/usr/share/poppler/cMap/Adobe-GB1", error);
}

ChildResult run_poppler(
    const std::string& program,
    const std::vector<std::string>& arguments,
    double time_limit_s,
    int64_t output_bytes,
    const std::string& where) {
  const auto file = find_poppler(program);
  ChildLimits limits;
  limits.wall_s = time_limit_s;
  limits.output_bytes = output_bytes;
  auto result = run_child(file, arguments, limits);
  check_end(result, program, where, limits);
  return result;
}

std::vector<std::string> find_warnings(std::string_view errors) {
  constexpr std::array<std::string_view, 4> kKinds = {
      "Syntax Error",
      "Config Error",
      "Internal Error",
      "Unimplemented Feature"};
  constexpr size_t kMaxWarnings = 10;
  std::vector<std::string> warnings;
  while (!errors.empty() && warnings.size() < kMaxWarnings) {
    const auto line = take_line(errors);
    if (std::none_of(kKinds.begin(), kKinds.end(), [&](auto kind) {
          return line.starts_with(kind);
        })) {
      continue;
    }
    auto warning = "the page may lack something, Poppler reports \"" +
        printable(without_position(line)) + '"';
    if (line.find("Missing language pack") != std::string_view::npos) {
      warning += "; run: sudo apt-get install poppler-data fonts-wqy-zenhei";
    }
    if (std::find(warnings.begin(), warnings.end(), warning) ==
        warnings.end()) {
      warnings.push_back(std::move(warning));
    }
  }
  return warnings;
}

} // namespace microfiche::document
