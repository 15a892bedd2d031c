#include "sweep/run_rows.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <set>
#include <utility>

#include "core/config.h"
#include "core/error.h"
#include "core/files.h"

namespace microfiche::sweep {

namespace fs = std::filesystem;

namespace {

constexpr const char* kSamples = "samples.jsonl";
constexpr const char* kControls = "controls.jsonl";

fs::path workers_folder(const fs::path& folder) {
  return folder / "workers";
}

/// The files of a name. The files of workers come first: if they are removed
/// meanwhile, their rows are in the folder's own file, which comes last.
std::vector<fs::path> row_files(
    const fs::path& folder,
    const std::string& name) {
  std::vector<fs::path> files;
  std::error_code gone;
  for (const auto& worker :
       fs::directory_iterator(workers_folder(folder), gone)) {
    files.push_back(worker.path() / name);
  }
  std::sort(files.begin(), files.end());
  files.push_back(folder / name);
  return files;
}

/// The complete lines of a file from `position` on; empty without a file. A
/// file that replaced another one of the same name is read from its beginning.
std::string new_lines(const fs::path& path, ino_t& file, off_t& position) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) {
    check<IoError>(
        errno == ENOENT || errno == ESTALE,
        path.string(),
        ": cannot read: ",
        strerror(errno));
    return "";
  }
  struct stat status = {};
  const bool known = ::fstat(descriptor, &status) == 0;
  if (file != status.st_ino || status.st_size < position) {
    file = status.st_ino;
    position = 0;
  }
  std::string text(
      known ? static_cast<size_t>(status.st_size - position) : 0, '\0');
  const auto count = ::pread(descriptor, text.data(), text.size(), position);
  ::close(descriptor);
  check<IoError>(
      known && count >= 0, path.string(), ": cannot read: ", strerror(errno));
  text.resize(static_cast<size_t>(count));
  text.resize(text.rfind('\n') + 1);
  position += static_cast<off_t>(text.size());
  return text;
}

void read_lines(
    const fs::path& path,
    std::string_view text,
    const RowFollower::ReadLine& read) {
  int64_t number = 0;
  while (!text.empty()) {
    const size_t end = text.find('\n');
    read(text.substr(0, end), concat(path.string(), ":", ++number));
    text.remove_prefix(end + 1);
  }
}

void read_all_lines(
    const fs::path& folder,
    const std::string& name,
    const RowFollower::ReadLine& read) {
  for (const auto& path : row_files(folder, name)) {
    ino_t file = 0;
    off_t position = 0;
    read_lines(path, new_lines(path, file, position), read);
  }
}

template <typename Rows>
std::string text_of(const Rows& rows) {
  std::string text;
  for (const auto& row : rows) {
    text += row.line + "\n";
  }
  return text;
}

/// Writes a file of rows unless it already has them.
void write_rows(const fs::path& path, const std::string& text) {
  if (fs::exists(path) ? read_file(path) != text : !text.empty()) {
    write_file(path, text);
  }
}

} // namespace

RunRows read_rows(const fs::path& folder, const std::vector<Cell>& cells) {
  std::map<std::string, size_t> numbers;
  for (const auto& cell : cells) {
    numbers.emplace(name_of(cell), numbers.size());
  }
  // Rows of another grid come last.
  const auto number_of = [&](const Cell& cell) {
    const auto found = numbers.find(name_of(cell));
    return found == numbers.end() ? cells.size() : found->second;
  };
  const auto first_cell = [&](const BlankReading& blank) -> size_t {
    return std::find_if(
               cells.begin(),
               cells.end(),
               [&](const Cell& cell) { return belongs_to(blank, cell); }) -
        cells.begin();
  };

  RunRows rows;
  std::set<std::string> ids;
  read_all_lines(folder, kSamples, [&](auto line, const auto& where) {
    auto sample = read_config<Sample>(parse_json(line, where), where);
    if (ids.insert(sample.id).second) {
      const size_t cell = number_of(sample.cell);
      rows.samples.push_back({cell, std::move(sample), std::string(line)});
    }
  });
  std::stable_sort(
      rows.samples.begin(), rows.samples.end(), [](auto& a, auto& b) {
        return std::pair(a.cell, a.sample.index) <
            std::pair(b.cell, b.sample.index);
      });
  std::set<std::string> coordinates;
  read_all_lines(folder, kControls, [&](auto line, const auto& where) {
    auto blank = read_config<BlankReading>(parse_json(line, where), where);
    auto place = blank;
    place.prediction.clear();
    place.stop.clear();
    if (coordinates.insert(write_config(place).dump()).second) {
      const size_t cell = first_cell(blank);
      rows.blanks.push_back({cell, std::move(blank), std::string(line)});
    }
  });
  std::stable_sort(
      rows.blanks.begin(), rows.blanks.end(), [](auto& a, auto& b) {
        return a.cell < b.cell;
      });
  return rows;
}

void merge_rows(const fs::path& folder, const std::vector<Cell>& cells) {
  const auto rows = read_rows(folder, cells);
  write_rows(folder / kControls, text_of(rows.blanks));
  write_rows(folder / kSamples, text_of(rows.samples));
}

bool has_worker_rows(const fs::path& folder) {
  return fs::exists(workers_folder(folder));
}

void remove_worker_rows(const fs::path& folder) {
  std::error_code error;
  fs::remove_all(workers_folder(folder), error);
  check<IoError>(
      !error,
      workers_folder(folder).string(),
      ": cannot remove: ",
      error.message());
}

void cut_torn_rows(const fs::path& folder) {
  for (const char* name : {kSamples, kControls}) {
    const auto path = folder / name;
    ino_t file = 0;
    off_t position = 0;
    const auto text = new_lines(path, file, position);
    if (fs::exists(path)) {
      write_rows(path, text);
    }
  }
}

fs::path make_worker_folder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(workers_folder(folder), error);
  for (int64_t number = 0; !error; ++number) {
    const auto own = workers_folder(folder) / std::to_string(number);
    if (fs::create_directory(own, error)) {
      return own;
    }
  }
  throw IoError(concat(
      workers_folder(folder).string(), ": cannot write: ", error.message()));
}

RowFollower::RowFollower(fs::path folder, std::string name)
    : folder_(std::move(folder)), name_(std::move(name)) {}

void RowFollower::follow(
    const ReadLine& read,
    const std::optional<fs::path>& own) {
  for (const auto& path : row_files(folder_, name_)) {
    if (!own || path.parent_path() != *own) {
      auto& position = positions_[path];
      read_lines(path, new_lines(path, position.file, position.bytes), read);
    }
  }
}

} // namespace microfiche::sweep
