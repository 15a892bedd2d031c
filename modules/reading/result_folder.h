#pragma once

#include "core/json.h"
#include "reading/input_page.h"

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace microfiche::reading {

// Note [Results beside inputs]
// Results may lie in the folder of their inputs. A result NAME.json lists its
// files, so a file is known as a result only if such a list names it. All other
// files belong to the user: they are never overwritten, and a page whose
// results would do so gets the next free name (NAME-2, NAME-3 ...). NAME.json
// is written first and a result counts as finished when all its files exist, so
// an interrupted run leaves no file that looks like the user's.

/// The files that a result lists, those of earlier versions included; empty
/// unless `json` is the result NAME.json.
std::set<std::string> listed_files(const Json& json, const std::string& name);

/// Names of all files in a folder that are results of `read`.
std::set<std::string> find_results(const std::filesystem::path& folder);

/// The folder that results are written to, as it is when `read` starts.
class ResultFolder {
 public:
  /// `inputs` are never overwritten, even if they are results.
  ResultFolder(
      std::filesystem::path folder,
      const std::vector<InputFile>& inputs);

  /// Chooses the name of a page's results: the name of its earlier result, else
  /// one that is free. Each call returns a different name. Throws `InputError`
  /// when the file system does not allow names of that length.
  std::string choose_name(const InputPage& page);

  /// Whether an earlier run with the same settings finished this page, and the
  /// page's file has not changed since.
  bool is_done(
      const InputPage& page,
      const std::string& name,
      const Json& settings) const;

  /// Removes the files of an earlier result.
  void remove(const std::string& name) const;

 private:
  const Json& result(const std::string& name) const;
  bool is_free(const InputPage& page, const std::string& name) const;

  std::filesystem::path folder_;
  std::set<std::string> files_;
  std::set<std::filesystem::path> inputs_;
  std::set<std::string> chosen_;
  /// Results by name, read when they are first needed.
  mutable std::map<std::string, Json> results_;
};

} // namespace microfiche::reading
