#pragma once

#include <sys/types.h>

#include <cstddef>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sweep/sample.h"

namespace microfiche::sweep {

/// The finished rows of a run in the order of the grid, without duplicates.
struct RunRows {
  struct SampleRow {
    /// The number of the sample's cell in the grid.
    size_t cell;
    Sample sample;
    std::string line;
  };
  struct BlankRow {
    /// The number of the first cell that it belongs to.
    size_t cell;
    BlankReading blank;
    std::string line;
  };

  std::vector<SampleRow> samples;
  std::vector<BlankRow> blanks;
};

/// Reads `samples.jsonl` and `controls.jsonl` of a run folder and of the
/// folders of its workers, see Note [Workers of one run]. It skips a
/// last line without its end, which a killed process leaves. Throws
/// `InputError`, naming file and line, for anything malformed.
RunRows read_rows(
    const std::filesystem::path& folder,
    const std::vector<Cell>& cells);

/// Writes all rows to the run folder's own files, in the order of the grid. No
/// worker may write rows at the same time.
void merge_rows(
    const std::filesystem::path& folder,
    const std::vector<Cell>& cells);

/// Whether the folder has rows of workers, merged or not.
bool has_worker_rows(const std::filesystem::path& folder);

/// Removes the rows of workers after they are merged.
void remove_worker_rows(const std::filesystem::path& folder);

/// Removes a half-written last row from the folder's own files.
void cut_torn_rows(const std::filesystem::path& folder);

/// Makes a folder that only one new worker writes to.
std::filesystem::path make_worker_folder(const std::filesystem::path& folder);

/// Follows the rows that other workers add.
class RowFollower {
 public:
  using ReadLine =
      std::function<void(std::string_view line, const std::string& where)>;

  /// `name` is "samples.jsonl" or "controls.jsonl".
  RowFollower(std::filesystem::path folder, std::string name);

  /// Reads the lines that were finished since the last call, except those in
  /// the worker folder `own`. After a merge it reads lines again.
  void follow(
      const ReadLine& read,
      const std::optional<std::filesystem::path>& own = std::nullopt);

 private:
  struct Position {
    ino_t file = 0;
    off_t bytes = 0;
  };

  const std::filesystem::path folder_;
  const std::string name_;
  std::map<std::filesystem::path, Position> positions_;
};

} // namespace microfiche::sweep
